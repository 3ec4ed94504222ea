import { queryOptions } from '@tanstack/react-query'
import { api, inWorkspace, read, type Shapes } from '../../../api/client'
import { type Asked, timeOf } from './words'

/** What became of messages in a stretch of time: of a destination, or of a source. */
export type Overview = Shapes['DeliveryOverview']
/** A count with what it was before and its series. */
export type OverviewCount = Shapes['OverviewCount']
/** Why messages were stopped, with samples. */
export type OverviewReason = Shapes['OverviewReason']
/** One of the messages that were stopped. */
export type OverviewSample = Shapes['OverviewSample']

/** What is looked at: a destination by id, or a source by slug. */
export type Scope = { destination: string } | { source: string }

/** How often is asked while somebody looks. */
const EVERY = 10_000

/** The overview of a destination or of a source. */
export const overviewQuery = (ws: string, scope: Scope, asked: Asked) => {
  const time = timeOf(asked)
  return queryOptions({
    queryKey: ['w', ws, 'overview', scope, time],
    refetchInterval: EVERY,
    queryFn: async (): Promise<Overview> => {
      const header = inWorkspace(ws)
      if ('source' in scope) {
        const params = { path: { sourceId: scope.source }, query: time, header }
        return (await read(api.GET('/sources/{sourceId}/overview', { params }))).overview
      }
      const params = { path: { destinationId: scope.destination }, query: time, header }
      return (await read(api.GET('/destinations/{destinationId}/overview', { params }))).overview
    },
  })
}

/** One message at a destination: what was sent, the request, the answer. */
export const messageQuery = (ws: string, destination: string, position: string) =>
  queryOptions({
    queryKey: ['w', ws, 'destinations', destination, 'messages', position],
    queryFn: async () => {
      const params = { path: { destinationId: destination, position }, header: inWorkspace(ws) }
      return (await read(api.GET('/destinations/{destinationId}/messages/{position}', { params }))).message
    },
  })
