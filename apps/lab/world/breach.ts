import { personWithTitle } from './people.ts'
import type { World } from './world.ts'

/** Data that was taken from a site, as a collector of breaches describes it. */
export interface Breach {
  name: string
  title: string
  domain: string
  /** ISO 8601: the day it happened, and when the collector got it. */
  breachedAt: string
  addedAt: string
  accounts: number
  dataClasses: readonly string[]
  verified: boolean
  /** The addresses in it that the world has; there are more. */
  emails: readonly string[]
}

/** A text that somebody put on a paste site, or elsewhere, with e-mail addresses in it. */
export interface Paste {
  source: string
  id: string
  title?: string
  /** ISO 8601. */
  date?: string
  emails: readonly string[]
}

/** Every breach of the world that collectors know. */
export function breachesOf({ people }: World): Breach[] {
  const engineer = personWithTitle(people, 'Head of Engineering').email
  const sales = personWithTitle(people, 'Sales Lead').email
  return [
    {
      name: 'NorthwindPortal',
      title: 'Northwind Portal',
      domain: 'northwind.example',
      breachedAt: '2021-06-14',
      addedAt: '2021-09-02T07:10:11Z',
      accounts: 48_120,
      dataClasses: ['Email addresses', 'Names', 'Passwords'],
      verified: true,
      emails: [engineer, 'info@northwind.example'],
    },
    {
      name: 'NorthwindShop',
      title: 'Northwind Shop',
      domain: 'northwind-shop.example',
      breachedAt: '2018-11-02',
      addedAt: '2019-01-16T21:46:07Z',
      accounts: 9_204,
      dataClasses: ['Email addresses', 'Physical addresses'],
      verified: true,
      emails: [],
    },
    {
      name: 'HarbourForum',
      title: 'Harbour Forum #2',
      domain: 'harbour-forum.example',
      breachedAt: '2020-02-29',
      addedAt: '2020-05-05T05:05:05Z',
      accounts: 310_411,
      dataClasses: ['Email addresses', 'IP addresses', 'Usernames'],
      verified: false,
      emails: [engineer, sales],
    },
  ]
}

/** Every paste of the world. */
export function pastesOf({ people }: World): Paste[] {
  const sales = personWithTitle(people, 'Sales Lead').email
  return [
    { source: 'Pastebin', id: '8Q0BvKD8', title: 'syslog', date: '2022-03-04T19:14:54Z', emails: [sales] },
    { source: 'Pastie', id: '7152479', date: '2020-03-28T16:51:10Z', emails: ['info@northwind.example', sales] },
    { source: 'AdHocUrl', id: 'http://dumps.example/list.php?id=4560', emails: ['info@northwind.example'] },
  ]
}
