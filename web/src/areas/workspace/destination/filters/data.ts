import { queryOptions } from '@tanstack/react-query'
import { api, inWorkspace, read, readTagged } from '../../../../api/client'

/** Everything about the filters of a destination. */
export const filtersKey = (ws: string, destination: string) => [
  'w',
  ws,
  'destinations',
  destination,
  'filters',
]

/** The filters of a destination, the oldest first. */
export const filtersQuery = (ws: string, destination: string) =>
  queryOptions({
    queryKey: filtersKey(ws, destination),
    queryFn: async () => {
      const params = { path: { destinationId: destination }, header: inWorkspace(ws) }
      const { filters } = await read(api.GET('/destination/{destinationId}/filters', { params }))
      return filters.sort((a, b) => a.createdAt.localeCompare(b.createdAt))
    },
  })

/** One filter with its version. */
export const filterQuery = (ws: string, destination: string, filter: string) =>
  queryOptions({
    queryKey: [...filtersKey(ws, destination), filter],
    queryFn: async () => {
      const params = {
        path: { destinationId: destination, filterId: filter },
        header: inWorkspace(ws),
      }
      const asked = api.GET('/destination/{destinationId}/filters/{filterId}', { params })
      const { value, etag } = await readTagged(asked)
      return { filter: value.filter, etag }
    },
  })
