import { type Finding, finding } from '@mirage/module-sdk'
import { readSpf, readTags } from './policies.ts'

/**
 * What is weak in how a domain lets mail be sent in its name: its SPF and DMARC records, as texts. Undefined are records
 * about which nobody answered: nothing is missing of these.
 */
export function* weaknessesOf(
  apex: string,
  hasMail: boolean,
  spf: readonly string[] | undefined,
  dmarc: readonly string[] | undefined,
): Generator<Finding, void, void> {
  const terms = spf?.length === 1 ? readSpf(spf[0]!) : undefined
  const all = terms?.find(({ name }) => name === 'all')
  if (spf && spf.length > 1) {
    yield finding({
      rule: 'mail-security.spf-twice',
      severity: 'medium',
      title: 'Several SPF records',
      explanation: `${apex} has ${spf.length} SPF records; receivers must then treat all of them as an error (RFC 7208 §4.5). Join them into one.`,
    })
  } else if (all?.qualifier === '+') {
    yield finding({
      rule: 'mail-security.spf-open',
      severity: 'high',
      title: 'SPF lets everyone send',
      explanation: `The SPF record of ${apex} ends in “+all”: any host may send mail in its name. End it in “-all” or “~all”.`,
    })
  } else if (spf && !terms && hasMail) {
    yield finding({
      rule: 'mail-security.spf-missing',
      severity: 'low',
      title: 'No SPF record',
      explanation: `${apex} receives mail but does not say which hosts may send in its name. Publish an SPF record.`,
    })
  }
  const record = dmarc?.[0] === undefined ? undefined : readTags(dmarc[0], 'DMARC1')
  const policy = record?.['p']?.toLowerCase()
  if (policy === 'none') {
    yield finding({
      rule: 'mail-security.dmarc-none',
      severity: 'low',
      title: 'DMARC only watches',
      explanation: `The DMARC policy of ${apex} is “none”: forged mail in its name is delivered. Move to “quarantine” or “reject” once the reports are clean.`,
    })
  } else if (dmarc && !policy && hasMail) {
    yield finding({
      rule: 'mail-security.dmarc-missing',
      severity: 'medium',
      title: 'No DMARC record',
      explanation: `${apex} receives mail but tells receivers nothing about mail that fails SPF and DKIM. Publish a DMARC record at _dmarc.${apex}.`,
    })
  }
}
