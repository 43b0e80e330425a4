import type { Network } from './network.ts'

export interface GeoPlace {
  country: string
  city: string
  latitude: number
  longitude: number
}

const cities: Record<string, Omit<GeoPlace, 'country'>> = {
  CH: { city: 'Zurich', latitude: 47.3769, longitude: 8.5417 },
  DE: { city: 'Frankfurt am Main', latitude: 50.1155, longitude: 8.6842 },
  GB: { city: 'London', latitude: 51.5081, longitude: -0.1278 },
  IE: { city: 'Dublin', latitude: 53.3331, longitude: -6.2489 },
  NL: { city: 'Amsterdam', latitude: 52.3716, longitude: 4.8883 },
  NO: { city: 'Oslo', latitude: 59.9127, longitude: 10.7461 },
  SE: { city: 'Stockholm', latitude: 59.3287, longitude: 18.0717 },
  US: { city: 'Ashburn', latitude: 39.0469, longitude: -77.4903 },
}

/** Where a geolocation database says that a network is; undefined for one that is everywhere. */
export function placeOfNetwork({ holder, sharing }: Network): GeoPlace | undefined {
  const city = sharing === 'cdn' || sharing === 'dns' ? undefined : cities[holder.country]
  return city && { country: holder.country, ...city }
}
