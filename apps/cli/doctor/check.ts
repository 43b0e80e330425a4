/** One thing that was looked at. */
export interface Check {
  name: string
  state: 'ok' | 'note' | 'bad'
  /** What is so, and for what is bad the next step. */
  text: string
}

export function ok(name: string, text: string): Check {
  return { name, state: 'ok', text }
}

export function note(name: string, text: string): Check {
  return { name, state: 'note', text }
}

export function bad(name: string, text: string): Check {
  return { name, state: 'bad', text }
}
