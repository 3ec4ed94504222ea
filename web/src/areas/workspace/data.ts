import { queryOptions, useQuery } from '@tanstack/react-query'
import { ApiFailure, api, inWorkspace, read, readTagged } from '../../api/client'

/** The most rows that one page of a list may have. */
const ALL = 1000

/** One source with its version, by its slug. */
export const sourceQuery = (ws: string, source: string) =>
  queryOptions({
    queryKey: ['w', ws, 'sources', source, 'about'],
    queryFn: async () => {
      const { value, etag } = await readTagged(
        api.GET('/sources/{sourceId}', {
          params: { path: { sourceId: source }, header: inWorkspace(ws) },
        }),
      )
      return { source: value.source, trackingPlanId: value.trackingPlanId ?? null, etag }
    },
  })

/** Every source of a workspace that one may see, by slug. */
export const sourcesQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'sources', 'all'],
    queryFn: async () => {
      const { sources, pagination } = await read(
        api.GET('/sources', {
          params: { query: { 'pagination.count': ALL }, header: inWorkspace(ws) },
        }),
      )
      return { sources, total: pagination.totalEntries }
    },
  })

/** Every destination of a workspace that one may see. */
export const destinationsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'destinations', 'all'],
    queryFn: async () => {
      const { destinations, pagination } = await read(
        api.GET('/destinations', {
          params: { query: { 'pagination.count': ALL }, header: inWorkspace(ws) },
        }),
      )
      return { destinations, total: pagination.totalEntries }
    },
  })

const MINUTE = 60_000

/** What each source received in the last 60 minutes, minute by minute, by the source's id. */
export const volumeQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'volume'],
    refetchInterval: 15_000,
    queryFn: async () => {
      const end = Math.ceil((Date.now() + 1) / MINUTE) * MINUTE
      const { result } = await read(
        api.GET('/events/volume', {
          params: {
            query: {
              granularity: 'MINUTE',
              startTime: new Date(end - 60 * MINUTE).toISOString(),
              endTime: new Date(end).toISOString(),
              groupBy: ['source'],
              'pagination.count': ALL,
            },
            header: inWorkspace(ws),
          },
        }),
      )
      return new Map(
        result.map(({ source, total, series }) => [
          source.id,
          { total, counts: series.map(({ count }) => count) },
        ]),
      )
    },
  })

/** The labels of a workspace. */
export const labelsQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'labels'],
    queryFn: async () => (await read(api.GET('/labels', { params: { header: inWorkspace(ws) } }))).labels,
  })

/** The roles that can be given. */
export const rolesQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'roles'],
    staleTime: 600_000,
    queryFn: async () => (await read(api.GET('/roles', { params: { header: inWorkspace(ws) } }))).roles,
  })

/** The members of a workspace, or `null` for whoever is no owner: only owners may list them. */
export const membersQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'members'],
    queryFn: async () => {
      try {
        const { users } = await read(
          api.GET('/users', {
            params: { query: { 'pagination.count': ALL }, header: inWorkspace(ws) },
          }),
        )
        return users
      } catch (error) {
        if (error instanceof ApiFailure && error.status === 403) return null
        throw error
      }
    },
  })

/** Whether the account owns the workspace; `undefined` until that is known. */
export function useOwner(ws: string): boolean | undefined {
  const members = useQuery({ ...membersQuery(ws), staleTime: 60_000 })
  return members.data === undefined ? undefined : members.data !== null
}

/** Said where only an owner may do something. */
export const OWNERS_ONLY = 'Only an owner of the workspace can do this.'

/** Said where only who administers a source may do something. */
export const SOURCE_ADMINS_ONLY =
  'Only a Source Admin of this source, or an owner of the workspace, can do this.'

/** Where the tracking API is, as this browser sees it. */
export const endpoint = () => `${location.origin}/v1`
