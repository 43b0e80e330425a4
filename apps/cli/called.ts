/**
 * The text with each command line in it as this person calls the command: who has no `mirage` on the path can copy
 * `npx mirage runs`. A command line is what stands behind an opening quote or bracket, a colon, a prompt or a pipe.
 */
export function asCalled(text: string, program: string): string {
  if (program === 'mirage') return text
  return text.replace(/(?<=^|[“(]|[:$|&] |sudo )mirage (?=[a-z<[-])/gm, `${program} `)
}
