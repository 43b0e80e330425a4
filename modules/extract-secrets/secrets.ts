export interface Secret {
  kind: string
  secret: string
}

/** Forms in which services issue keys: a fixed prefix and a fixed alphabet, so that nothing else looks like them. */
const forms: [kind: string, form: RegExp][] = [
  // docs.aws.amazon.com: IAM identifiers, unique ID prefixes AKIA (long-term) and ASIA (temporary).
  ['aws-access-key', /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g],
  // github.blog: token formats since 2021.
  ['github-token', /\bgh[pousr]_[A-Za-z\d]{36,251}\b|\bgithub_pat_\w{22,243}\b/g],
  ['gitlab-token', /\bglpat-[\w-]{20,64}\b/g],
  // api.slack.com: token types.
  ['slack-token', /\bxox[abeoprs]-[\dA-Za-z-]{10,250}\b/g],
  // docs.stripe.com: secret and restricted keys in live mode.
  ['stripe-key', /\b[sr]k_live_[\dA-Za-z]{16,247}\b/g],
  ['google-api-key', /\bAIza[\w-]{35}(?![\w-])/g],
  ['sendgrid-key', /\bSG\.[\w-]{22}\.[\w-]{43}(?![\w-])/g],
  ['npm-token', /\bnpm_[A-Za-z\d]{36}\b/g],
  // RFC 7468: textual encodings of keys; only with a body, or a page about keys would be full of them. The
  // body holds no `-`, so that each start is looked at once.
  ['private-key', /-----BEGIN (?:[A-Z]{1,20} )?PRIVATE KEY-----(?=[\s\\])[A-Za-z\d+/=\s\\]{64,8000}-----END/g],
]

/** Values that documentation prints so that nobody uses them. */
const placeholders = /EXAMPLE|(.)\1{9}|x{8}|0123456789|abcdefghij/i

/** Every secret in a text, each once. */
export function findSecrets(text: string): Secret[] {
  const found = new Map<string, Secret>()
  for (const [kind, form] of forms) {
    for (const [secret] of text.matchAll(form)) {
      if (!placeholders.test(secret)) found.set(secret, { kind, secret })
    }
  }
  return [...found.values()]
}
