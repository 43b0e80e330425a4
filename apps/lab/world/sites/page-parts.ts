import type { Page, Part } from '../page.ts'

/** Short ways to write down pages and what they say. */

export const text = (value: string): Part => ({ kind: 'text', text: value })
export const link = (href: string, label = 'Read more'): Part => ({ kind: 'link', href, text: label })
export const script = (href: string): Part => ({ kind: 'link', href, text: '', element: 'script' })
export const mail = (email: string, mailto = false): Part => ({ kind: 'email', email, mailto })
export const account = (href: string): Part => ({ kind: 'account', href })
export const form = (method: 'GET' | 'POST', action: string, ...fields: string[]): Part => ({
  kind: 'form',
  method,
  action,
  fields,
})

export function html(path: string, title: string, parts: readonly Part[]): Page {
  return { path, status: 200, type: 'text/html', title, parts: [...parts] }
}

export function moved(path: string, location: string): Page {
  return { path, status: 302, type: 'text/html', location, parts: [] }
}
