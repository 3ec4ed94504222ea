import { queryOptions } from '@tanstack/react-query'
import { api, inWorkspace, read, readTagged } from '../../../../api/client'
import type { Action } from './words'
import { blankFor, saidBy } from './words'

/** Mappings that one destination may have. */
export const MOST = 50

/** Everything about the mappings of a destination. */
export const mappingsKey = (ws: string, destination: string) => [
  'w',
  ws,
  'destinations',
  destination,
  'mappings',
]

/** The mappings of a destination, the oldest first, which is their order. */
export const mappingsQuery = (ws: string, destination: string) =>
  queryOptions({
    queryKey: mappingsKey(ws, destination),
    queryFn: async () => {
      const params = {
        path: { destinationId: destination },
        query: { 'pagination.count': MOST },
        header: inWorkspace(ws),
      }
      const { subscriptions } = await read(api.GET('/destinations/{destinationId}/subscriptions', { params }))
      return subscriptions.sort((a, b) => a.createdAt.localeCompare(b.createdAt))
    },
  })

/** One mapping with its version. */
export const mappingQuery = (ws: string, destination: string, mapping: string) =>
  queryOptions({
    queryKey: [...mappingsKey(ws, destination), mapping],
    queryFn: async () => {
      const params = {
        path: { destinationId: destination, subscriptionId: mapping },
        header: inWorkspace(ws),
      }
      const asked = api.GET('/destinations/{destinationId}/subscriptions/{subscriptionId}', { params })
      const { value, etag } = await readTagged(asked)
      return { mapping: value.subscription, etag }
    },
  })

/** Recent messages, to pick places of; whoever may not preview a mapping types them. */
export const recentQuery = (ws: string, destination: string, action: Action | undefined) =>
  queryOptions({
    queryKey: [...mappingsKey(ws, destination), 'recent', action?.slug],
    enabled: action !== undefined,
    staleTime: 60_000,
    retry: false,
    queryFn: async () => {
      const begin = { name: '', ...blankFor(action) }
      const params = { path: { destinationId: destination }, header: inWorkspace(ws) }
      const body = { actionId: begin.action, trigger: 'all', settings: saidBy(begin).settings }
      const { samples } = await read(
        api.POST('/destinations/{destinationId}/subscriptions/preview', { params, body }),
      )
      return samples.map(({ before }) => before as unknown)
    },
  })
