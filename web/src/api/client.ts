import createClient from 'openapi-fetch'
import type { components, paths } from './schema'

/** Shapes of the API, by their names in its OpenAPI document. */
export type Shapes = components['schemas']

/** One fault of an answer: which field, what was expected, how to mend it. */
export type Fault = Shapes['Fault']

/** The documented API, typed from its OpenAPI document. */
export const api = createClient<paths>({
  baseUrl: `${globalThis.location?.origin ?? 'http://localhost'}/api`,
  credentials: 'same-origin',
  // `pagination.count=…`, and a key again for each value, as the API reads them.
  querySerializer: (query) => {
    const pairs = new URLSearchParams()
    for (const [key, value] of Object.entries(query as Record<string, unknown>)) {
      for (const one of Array.isArray(value) ? value : [value]) {
        if (one !== undefined && one !== null && one !== '') pairs.append(key, String(one))
      }
    }
    return pairs.toString()
  },
})

/** A refusal of the API, or no answer at all (`status` 0). */
export class ApiFailure extends Error {
  readonly status: number
  readonly faults: Fault[]
  /** Seconds to wait, where the API says so. */
  readonly retryAfter: number | null

  constructor(status: number, faults: Fault[], retryAfter: number | null) {
    super(faults[0]?.message ?? 'the server could not be reached')
    this.status = status
    this.faults = faults
    this.retryAfter = retryAfter
  }

  /** Whether the API answered with this stable code. */
  has(code: string): boolean {
    return this.faults.some((fault) => fault.code === code)
  }
}

interface Answer {
  data?: unknown
  error?: unknown
  response: Response
}

type Inner<Body> = Body extends { data: infer Value } ? Value : Body
type DataOf<A> = A extends { data?: infer Body } ? Inner<NonNullable<Body>> : never

/** What is in `data` of an answer; a refusal is thrown as `ApiFailure`. */
export async function read<A extends Answer>(request: Promise<A>): Promise<DataOf<A>> {
  return (await readTagged(request)).value
}

/** Like `read`, with the version (`ETag`) that goes back in `If-Match` with an edit. */
export async function readTagged<A extends Answer>(
  request: Promise<A>,
): Promise<{ value: DataOf<A>; etag: string }> {
  let answer: A
  try {
    answer = await request
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause
    throw new ApiFailure(0, [], null)
  }
  const { response } = answer
  if (!response.ok) throw failure(response, answer.error)
  const body = answer.data as { data?: unknown } | undefined
  const value = body && typeof body === 'object' && 'data' in body ? body.data : body
  return { value: value as DataOf<A>, etag: response.headers.get('etag') ?? '' }
}

function failure(response: Response, body: unknown): ApiFailure {
  const faults = (body as { errors?: Fault[] } | undefined)?.errors ?? []
  const wait = Number(response.headers.get('retry-after'))
  return new ApiFailure(
    response.status,
    faults.length > 0
      ? faults
      : [{ type: 'error', code: `http_${response.status}`, message: response.statusText }],
    wait > 0 ? wait : null,
  )
}

/** Names the workspace that a call is about, by slug or id. */
export const inWorkspace = (workspace: string) => ({ 'Headwater-Workspace': workspace })
