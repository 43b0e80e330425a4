import { MirageError } from './errors.ts'

/** An error as it travels: RFC 9457. */
export interface Problem {
  type: string
  title: string
  status: number
  code: string
  detail: string
  requestId?: string
}

const titles: Record<number, string> = {
  400: 'Not a valid request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Too slow',
  409: 'Conflict',
  412: 'Changed meanwhile',
  413: 'Too large',
  415: 'Unsupported media type',
  422: 'Cannot be done',
  429: 'Too many requests',
  431: 'Headers too large',
  500: 'Our fault',
  503: 'Not available now',
  507: 'Out of space',
}

/** The problem document of anything that was thrown. What is not a `MirageError` is our bug and shows nothing of itself. */
export function problemOf(error: unknown, requestId?: string): Problem {
  const known = error instanceof MirageError ? error : fromFramework(error)
  return {
    type: 'about:blank',
    title: titles[known.status] ?? 'Error',
    status: known.status,
    code: known.code,
    detail: known.detail,
    ...(requestId ? { requestId } : {}),
  }
}

/** The error that a problem document stands for, on the side of the caller. */
export function errorFromProblem(status: number, body: string): MirageError {
  const problem = parseProblem(body)
  return new MirageError({
    code: problem.code ?? 'service.unexpected_answer',
    status,
    detail: problem.detail ?? `The service answered ${status} without saying why.`,
    retryable: status === 429 || status >= 502,
  })
}

/** Empty for what is not one of ours: a proxy in between, or a broken answer. */
function parseProblem(body: string): Partial<Problem> {
  try {
    return (JSON.parse(body) as Partial<Problem> | null) ?? {}
  } catch {
    return {}
  }
}

/** Fastify's own refusals (broken JSON, too large, wrong media type) carry a status below 500. */
function fromFramework(error: unknown): MirageError {
  const status = (error as { statusCode?: unknown }).statusCode
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new MirageError({ code: 'request.invalid', status, detail: (error as Error).message })
  return new MirageError({
    code: 'service.failed',
    status: 500,
    detail: 'Something went wrong on our side; the log has the details under the request id.',
    cause: error,
  })
}
