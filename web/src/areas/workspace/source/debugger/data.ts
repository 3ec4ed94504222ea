import { queryOptions } from '@tanstack/react-query'
import { api, inWorkspace, read, type Shapes } from '../../../../api/client'
import { find, type Json, parse, raw } from './json'

/** One message, and its text byte for byte as it is stored. */
export interface Opened {
  detail: Shapes['MessageDetail']
  /** The message, or what is kept of a request that was refused, when that is JSON. */
  json: Json | null
  /** What is kept, as text. */
  text: string
}

/** The message at a position. */
export const messageQuery = (ws: string, source: string, position: string) =>
  queryOptions({
    queryKey: ['w', ws, 'debugger', source, 'message', position],
    // What stands in the log does not change.
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<Opened> => {
      const answer = await read(
        api.GET('/sources/{sourceId}/messages/{position}', {
          params: { path: { sourceId: source, position }, header: inWorkspace(ws) },
          parseAs: 'text',
          signal,
        }),
      )
      return opened(answer as unknown as string)
    },
  })

/** Takes the message out of an answer without reading its numbers. */
export function opened(answer: string): Opened {
  const detail = (JSON.parse(answer) as { data: Shapes['MessageDetail'] }).data
  const json = parse(answer)
  const node = json && find(json, 'data', 'message')
  const text = node ? raw(json, node) : (detail.body ?? '')
  return { detail, json: parse(text), text }
}

/** A page of the log, newest first, and where the next one begins. */
export async function olderThan(
  ws: string,
  source: string,
  filter: Record<string, string>,
  before: string | undefined,
  limit: number,
) {
  const params = { path: { sourceId: source }, query: { ...filter, before, limit }, header: inWorkspace(ws) }
  // The cursor stands beside the data, where `read` does not look.
  let next: string | undefined
  const { messages } = await read(
    api.GET('/sources/{sourceId}/messages', { params }).then((answer) => {
      next = answer.data?.pagination.before ?? undefined
      return answer
    }),
  )
  return { rows: messages, before: next }
}

/** The way of a message to one destination. */
export interface Path {
  destination: string
  name?: string
  state: 'delivered' | 'pending' | 'discarded' | 'exhausted' | 'not_offered'
  nextAttemptAt?: string
  pausedAt?: string
  attempts: Attempt[]
}

/** One attempt, or the decision not to make one. */
export interface Attempt {
  at: string
  number: number
  tookMs: number
  outcome: 'delivered' | 'retry' | 'discarded' | 'exhausted' | 'redelivery'
  step?: string
  status?: number
  code?: string
  excerpt?: string
  nextAttemptAt?: string
}

/** A message with its ways. */
export type Traced = Shapes['MessageRow'] & { destinations: Path[]; complete: boolean }

/** Every attempt for a message, looked at again while something is still to come. */
export const traceQuery = (ws: string, source: string, messageId: string) =>
  queryOptions({
    queryKey: ['w', ws, 'debugger', source, 'trace', messageId],
    refetchInterval: ({ state }) =>
      state.data?.some((each) => each.destinations.some((path) => path.state === 'pending')) && 2_000,
    queryFn: async () => {
      const trace = await read(
        api.GET('/sources/{sourceId}/trace/{messageId}', {
          params: { path: { sourceId: source, messageId }, header: inWorkspace(ws) },
        }),
      )
      return trace.messages as unknown as Traced[]
    },
  })
