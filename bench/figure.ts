/** One thing measured, beside what another tool reached in the same run or what is asked for. */
export interface Figure {
  name: string
  value: number
  unit: string
  peer?: number
  limit?: number
}
