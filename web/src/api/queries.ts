import { QueryClient, queryOptions } from '@tanstack/react-query'
import { ApiFailure, api, inWorkspace, read, readTagged } from './client'

/** The server's state as far as it is known here. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // A refusal will be a refusal again; only a server out of reach is asked once more.
      retry: (count, error) =>
        count < 2 && error instanceof ApiFailure && (error.status === 0 || error.status >= 500),
    },
  },
})

/** The account that is signed in, or `null`. */
export const accountQuery = queryOptions({
  queryKey: ['account'],
  staleTime: 30_000,
  queryFn: async () => {
    try {
      return (await read(api.GET('/account'))).account
    } catch (error) {
      if (error instanceof ApiFailure && error.status === 401) return null
      throw error
    }
  },
})

/** The partner team of the account, or `null`: the portal does not exist for everybody else. */
export const partnerQuery = queryOptions({
  queryKey: ['partner'],
  staleTime: 30_000,
  queryFn: async () => {
    try {
      return (await read(api.GET('/partner'))).partner
    } catch (error) {
      if (error instanceof ApiFailure && [401, 403, 404].includes(error.status)) return null
      throw error
    }
  },
})

/** Every workspace that the account is a member of. */
export const workspacesQuery = queryOptions({
  queryKey: ['workspaces'],
  staleTime: 30_000,
  queryFn: async () => (await read(api.GET('/workspaces'))).workspaces,
})

/** One workspace with its version. */
export const workspaceQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'workspace'],
    queryFn: async () => {
      const { value, etag } = await readTagged(api.GET('/', { params: { header: inWorkspace(ws) } }))
      return { workspace: value.workspace, etag }
    },
  })
