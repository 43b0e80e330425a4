import { type EntityDefinition, displayAsIs } from '../definition.ts'

export const geoPoint: EntityDefinition = {
  type: 'geo-point',
  version: 1,
  title: 'Geographic point',
  plural: 'Geographic points',
  form: '`latitude,longitude` in degrees (WGS 84), at most five decimals, about a metre',
  examples: [
    { raw: '52.5200066, 13.404954', value: '52.52001,13.40495' },
    { raw: 'geo:-33.8688,151.2093;u=35', value: '-33.8688,151.2093' },
    { raw: '33.8688 S 151.2093 E', value: '-33.8688,151.2093' },
    { raw: '-0.000001,180', value: '0,180' },
  ],
  counterExamples: ['91,0', '0,181', '52.52', 'a,b', '52,5200 13,4049', ''],
  normalise: normalisePoint,
  display: displayAsIs,
}

const point =
  /^(?:geo:)?\s*([+-]?\d{1,3}(?:\.\d{1,20})?)\s*°?\s*([NS])?\s*[,;\s]\s*([+-]?\d{1,3}(?:\.\d{1,20})?)\s*°?\s*([EW])?(?:\s*;.{0,64})?$/i

function normalisePoint(raw: string): string | undefined {
  const match = raw.length <= 128 ? point.exec(raw.trim()) : null
  if (!match) return undefined
  const latitude = degrees(match[1]!, match[2]?.toUpperCase() === 'S')
  const longitude = degrees(match[3]!, match[4]?.toUpperCase() === 'W')
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? `${latitude},${longitude}` : undefined
}

/** Five decimals; adding zero turns -0 into 0. */
function degrees(text: string, negate: boolean): number {
  const rounded = Math.round(Number(text) * 1e5) / 1e5
  return (negate ? -rounded : rounded) + 0
}
