/**
 * Canonical order of names in presentation form (RFC 4034 §6.1): by label from the right, each as bytes in lower case.
 * Below 0 when `one` comes first, 0 when both are the same name. A name comes before all names below it.
 */
export function compareNames(one: string, other: string): number {
  const left = labelsOf(one)
  const right = labelsOf(other)
  for (let i = 0; i < Math.min(left.length, right.length); i++)
    if (left[i] !== right[i]) return left[i]! < right[i]! ? -1 : 1
  return left.length - right.length
}

/** The last label first, a character a byte: `\DDD` and `\.` read as what they stand for (RFC 1035 §5.1). */
function labelsOf(name: string): string[] {
  const lower = name.toLowerCase()
  if (!lower.includes('\\')) return lower.split('.').reverse()
  return (lower.match(/(?:\\\d{3}|\\.|[^.\\])+/g) ?? [])
    .map((label) => label.replace(/\\(\d{3}|.)/g, (_, code: string) => byteOf(code)))
    .reverse()
}

function byteOf(code: string): string {
  return code.length === 3 ? String.fromCharCode(Number(code)) : code
}
