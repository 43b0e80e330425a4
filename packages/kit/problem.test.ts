import { describe, expect, it } from 'vitest'
import { isStoreTrouble, messageOf, MirageError, notFound } from './errors.ts'
import { errorFromProblem, problemOf } from './problem.ts'

describe('a problem', () => {
  it('is what was thrown, there and back', () => {
    const thrown = new MirageError({ code: 'scans.target_invalid', status: 422, detail: '“x y” is not a target.' })
    const problem = problemOf(thrown, 'req_1')
    expect(problem).toEqual({
      type: 'about:blank',
      title: 'Cannot be done',
      status: 422,
      code: 'scans.target_invalid',
      detail: '“x y” is not a target.',
      requestId: 'req_1',
    })
    const arrived = errorFromProblem(422, JSON.stringify(problem))
    expect(arrived).toMatchObject({ code: thrown.code, status: 422, detail: thrown.detail, retryable: false })
  })

  it('shows nothing of our own bugs', () => {
    const text = JSON.stringify(problemOf(new TypeError('password is hunter2')))
    expect(text).not.toContain('hunter2')
    expect(JSON.parse(text)).toMatchObject({ status: 500, code: 'service.failed' })
    expect(problemOf('a string').status).toBe(500)
  })

  it('keeps the refusals of the framework', () => {
    const tooLarge = Object.assign(new Error('Request body is too large'), { statusCode: 413 })
    expect(problemOf(tooLarge)).toMatchObject({ status: 413, title: 'Too large', code: 'request.invalid' })
  })

  it.each(['', '<html>', 'null', '[]', '"x"', '{"code":'])('is made of any answer: %j', (body) =>
    expect(errorFromProblem(502, body)).toMatchObject({
      code: 'service.unexpected_answer',
      status: 502,
      retryable: true,
      detail: 'The service answered 502 without saying why.',
    }),
  )

  it('is worth another try when the service is busy or away, and not when it is broken', () => {
    expect([429, 500, 502, 503, 400].map((status) => errorFromProblem(status, '').retryable)).toEqual([
      true,
      false,
      true,
      true,
      false,
    ])
  })
})

describe('errors', () => {
  it('name what is not there', () => {
    expect(notFound('api-keys', 'key_1')).toMatchObject({ status: 404, code: 'api-keys.not_found' })
    expect(notFound('api-keys', 'key_1').detail).toBe('There is no api key “key_1” here.')
    expect(notFound('entities', 'x').detail).toBe('There is no entity “x” here.')
  })

  it('tell trouble with a store from everything else', () => {
    const of = (code: string): boolean => isStoreTrouble(new MirageError({ code, status: 507, detail: '' }))
    expect([of('store.full'), of('stores.x'), isStoreTrouble(new Error('store.full'))]).toEqual([true, false, false])
    expect([messageOf(new Error('a')), messageOf('b'), messageOf(undefined)]).toEqual(['a', 'b', 'undefined'])
  })
})
