import { shuffle } from './random.ts'

/** Someone who works for Northwind. `username` is what they call themselves elsewhere. */
export interface Person {
  name: string
  first: string
  last: string
  title: string
  email: string
  /** E.164, from a range that is set aside for fiction. */
  phone: string
  username: string
}

const firsts = [
  'Alice',
  'Bjorn',
  'Chandra',
  'Dmitri',
  'Esther',
  'Farid',
  'Greta',
  'Hiro',
  'Imani',
  'Jonas',
  'Katya',
  'Liam',
]
const lasts = [
  'Ashdown',
  'Berglund',
  'Castellan',
  'Drummond',
  'Eastwick',
  'Fairweather',
  'Grimshaw',
  'Holloway',
  'Ingram',
  'Jessop',
  'Kestrel',
  'Lockhart',
]
const titles = [
  'Managing Director',
  'Head of Engineering',
  'Site Reliability Engineer',
  'Security Officer',
  'Sales Lead',
  'Press Contact',
  'Recruiter',
  'Finance Director',
]

/** The people of Northwind; the seed decides who they are. */
export function makePeople(seed: number): Person[] {
  const first = shuffle(firsts, seed + 11)
  const last = shuffle(lasts, seed + 13)
  return titles.map((title, i) => {
    const given = first[i]!
    const family = last[i]!
    return {
      name: `${given} ${family}`,
      first: given,
      last: family,
      title,
      email: `${given}.${family}@northwind.example`.toLowerCase(),
      // Ofcom keeps 020 7946 0000 to 0999 for drama.
      phone: `+44207946${String(110 + ((seed * 37 + i * 41) % 800)).padStart(4, '0')}`,
      username: `${given.slice(0, 1)}${family}-nw`.toLowerCase(),
    }
  })
}

/** The person with this title. */
export function personWithTitle(people: readonly Person[], title: string): Person {
  const person = people.find((candidate) => candidate.title === title)
  if (!person) throw new RangeError(`nobody is ${title}`)
  return person
}
