import { Type as t } from 'typebox'

export const settings = t.Object({})
