import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api, inWorkspace, read, readTagged } from '../../../api/client'

/** Everything about the alerts of a workspace. */
export const alertsKey = (ws: string) => ['w', ws, 'alerts']

/** The alerts of a workspace, by name. Only owners may ask. */
export const alertsQuery = (ws: string) =>
  queryOptions({
    queryKey: alertsKey(ws),
    queryFn: async () => (await read(api.GET('/alerts', { params: { header: inWorkspace(ws) } }))).alerts,
  })

/** One alert with its version. */
export const alertQuery = (ws: string, alert: string) =>
  queryOptions({
    queryKey: [...alertsKey(ws), alert],
    queryFn: async () => {
      const params = { path: { alertId: alert }, header: inWorkspace(ws) }
      const { value, etag } = await readTagged(api.GET('/alerts/{alertId}', { params }))
      return { alert: value.alert, etag }
    },
  })

/** What was told, the newest first. Only owners may ask. */
export const noticesQuery = (ws: string) =>
  infiniteQueryOptions({
    queryKey: ['w', ws, 'alert-notices'],
    initialPageParam: '',
    // Alerts are looked at once a minute.
    refetchInterval: 15_000,
    queryFn: async ({ pageParam }) => {
      const query = { 'pagination.count': 50, 'pagination.cursor': pageParam || undefined }
      return await read(api.GET('/alert-notices', { params: { query, header: inWorkspace(ws) } }))
    },
    getNextPageParam: ({ pagination }) => pagination.next ?? undefined,
  })

/** What did nothing but fail in the last 24 hours. */
export const healthQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'health'],
    refetchInterval: 15_000,
    queryFn: () => read(api.GET('/delivery-health', { params: { header: inWorkspace(ws) } })),
  })
