import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, inWorkspace, read, readTagged, type Shapes } from '../../../api/client'
import { toastRefusal } from '../../../kit/refusal'
import { toast } from '../../../kit/toast'
import { allSourcesQuery, everyPage } from '../../catalog/entries'
import type { SourceBooks } from '../accounting'
import { SOURCE_ADMINS_ONLY } from '../data'
import { mayAdminister } from '../source/source'
import { beginOf, NOTHING } from './books'

/** A destination as the API shows it. */
export type Destination = Shapes['DestinationView']

/** How a destination fares. */
export interface Delivery {
  state:
    | 'disabled'
    | 'active'
    | 'starting'
    | 'misconfigured'
    | 'paused'
    | 'failing'
    | 'recovering'
    | 'stopped'
  routed: number
  delivered: number
  pending: number
  retrying: number
  waiting: number
  discarded: number
  exhausted: number
  retried: number
  lag: { bytes: number; oldestWaitingAt: string | null }
  nextRetryAt: string | null
  breaker: { state: 'open' | 'half_open' | 'closed'; probeAt: string | null }
  inFlight: number
  pause: { at: string; cause: string } | null
  failing: { since: string; pausesAt: string; percent: number; warning: boolean } | null
  /** Seconds. */
  retryFor: number
  lastDeliveredAt: string | null
  lastError: { at: string; status: number | null; code: string; excerpt: string } | null
  /** What does not fit in its settings. */
  problems?: { key: string; problem: string }[]
}

/** How often numbers that move are asked for, while somebody looks at them. */
const EVERY = 5_000

/** One destination with its version. */
export const destinationQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['w', ws, 'destinations', id],
    queryFn: async () => {
      const params = { path: { destinationId: id }, header: inWorkspace(ws) }
      const { value, etag } = await readTagged(api.GET('/destinations/{destinationId}', { params }))
      return { destination: value.destination, etag }
    },
  })

/** How one destination fares now. */
export const deliveryQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['w', ws, 'destinations', id, 'delivery'],
    refetchInterval: EVERY,
    queryFn: async () => {
      const params = { path: { destinationId: id }, header: inWorkspace(ws) }
      // The client's types know nothing of what is in it.
      return (await read(api.GET('/destinations/{destinationId}/delivery', { params })))
        .destination as unknown as Delivery
    },
  })

/** What the last loads of a destination brought, where it is loaded in bulk. */
export const syncsQuery = (ws: string, id: string) =>
  queryOptions({
    queryKey: ['w', ws, 'destinations', id, 'syncs'],
    refetchInterval: EVERY,
    queryFn: async () => {
      const params = { path: { destinationId: id }, query: { limit: 200 }, header: inWorkspace(ws) }
      return await read(api.GET('/destinations/{destinationId}/syncs', { params }))
    },
  })

/** The books of a source over a period. */
export const accountingQuery = (ws: string, source: string, period: string) =>
  queryOptions({
    queryKey: ['w', ws, 'sources', source, 'accounting', period],
    refetchInterval: EVERY,
    queryFn: async (): Promise<SourceBooks> => {
      const params = {
        path: { sourceId: source },
        query: { from: beginOf(period, Date.now()) },
        header: inWorkspace(ws),
      }
      const { sources } = await read(api.GET('/sources/{sourceId}/accounting', { params }))
      // The client's types know nothing of what is in it. Without rows nothing came in that time.
      return (sources[0] as unknown as SourceBooks | undefined) ?? NOTHING
    },
  })

/** The destinations that a source feeds. */
export const connectedQuery = (ws: string, source: string) =>
  queryOptions({
    queryKey: ['w', ws, 'destinations', 'of', source],
    queryFn: () =>
      everyPage(
        (query) => {
          const params = { path: { sourceId: source }, query, header: inWorkspace(ws) }
          return read(api.GET('/sources/{sourceId}/connected-destinations', { params }))
        },
        (page) => page.destinations,
      ),
  })

/** Switches a destination on or off. */
export function useSwitch(ws: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async ({ destination, enabled }: { destination: Destination; enabled: boolean }) => {
      const params = { path: { destinationId: destination.id }, header: inWorkspace(ws) }
      await read(api.PATCH('/destinations/{destinationId}', { params, body: { enabled } }))
    },
    onSuccess: async (_, { destination, enabled }) => {
      await client.invalidateQueries({ queryKey: ['w', ws, 'destinations'] })
      toast(
        enabled
          ? `${destination.name} is on: new messages are delivered`
          : `${destination.name} is off: nothing is sent to it`,
      )
    },
    onError: toastRefusal,
  })
}

/** Why the account may not change what the source feeds; nothing where it may, or while that is not known. */
export function useRefusal(ws: string, sourceId: string | undefined): string | undefined {
  const source = useQuery(allSourcesQuery(ws)).data?.find(
    (one) => one.id === sourceId || one.slug === sourceId,
  )
  return source && !mayAdminister(source) ? SOURCE_ADMINS_ONLY : undefined
}
