import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { ApiFailure, api, read, type Shapes } from '../../api/client'

/** How an application stands. */
export type Standing = Shapes['Status']

/** What the filters of the queue show. */
export const STANDINGS: Record<string, { label: string; statuses: Standing[] }> = {
  open: { label: 'Open', statuses: ['submitted', 'answered', 'question'] },
  waiting: { label: 'Waiting', statuses: ['submitted'] },
  answered: { label: 'Answered', statuses: ['answered'] },
  asked: { label: 'Asked', statuses: ['question'] },
  decided: { label: 'Decided', statuses: ['approved', 'declined', 'withdrawn'] },
}

/** As many as a page of the API holds. */
const ALL = 1000

/** Applications that stand one of these ways, the oldest first. */
export const applicationsQuery = (statuses: Standing[]) =>
  queryOptions({
    queryKey: ['operator', 'applications', 'list', ...statuses],
    queryFn: async () => {
      const pages = await Promise.all(
        statuses.map((status) =>
          read(api.GET('/operator/applications', { params: { query: { status, 'pagination.count': ALL } } })),
        ),
      )
      return pages
        .flatMap((page) => page.applications)
        .sort((a, b) => a.submittedAt.localeCompare(b.submittedAt))
    },
  })

/** How many applications wait for an operator. */
export const waitingQuery = queryOptions({
  queryKey: ['operator', 'applications', 'waiting'],
  refetchInterval: 60_000,
  queryFn: async () => {
    const counts = await Promise.all(
      (['submitted', 'answered'] as const).map((status) =>
        read(api.GET('/operator/applications', { params: { query: { status, 'pagination.count': 1 } } })),
      ),
    )
    return counts.reduce((sum, page) => sum + page.pagination.totalEntries, 0)
  },
})

/** One application. */
export const applicationQuery = (applicationId: string) =>
  queryOptions({
    queryKey: ['operator', 'applications', 'one', applicationId],
    queryFn: async () =>
      (await read(api.GET('/operator/applications/{applicationId}', { params: { path: { applicationId } } })))
        .application,
  })

/** The open submissions, or every one: the oldest first. */
export const reviewsQuery = (status?: 'all') =>
  queryOptions({
    queryKey: ['operator', 'reviews', 'list', status ?? 'open'],
    queryFn: async () =>
      (await read(api.GET('/reviews', { params: { query: { status, 'pagination.count': ALL } } })))
        .submissions,
  })

/** How many submissions wait for a reviewer. */
export const openReviewsQuery = queryOptions({
  queryKey: ['operator', 'reviews', 'open'],
  refetchInterval: 60_000,
  queryFn: async () =>
    (await read(api.GET('/reviews', { params: { query: { 'pagination.count': 1 } } }))).pagination
      .totalEntries,
})

/** One review. */
export const reviewQuery = (submissionId: string) =>
  queryOptions({
    queryKey: ['operator', 'reviews', 'one', submissionId],
    queryFn: async () =>
      (await read(api.GET('/reviews/{submissionId}', { params: { path: { submissionId } } }))).review,
  })

/** What was frozen with a submission; `null` for one without, such as an edit. */
export const evidenceQuery = (submissionId: string) =>
  queryOptions({
    queryKey: ['operator', 'evidence', submissionId],
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async () => {
      try {
        const params = { path: { submissionId } }
        return (await read(api.GET('/reviews/{submissionId}/evidence', { params }))).evidence
      } catch (error) {
        if (error instanceof ApiFailure && error.status === 404) return null
        throw error
      }
    },
  })

/** How an integration does at customers since its approval. */
export const betaQuery = (integrationId: string) =>
  queryOptions({
    queryKey: ['operator', 'integrations', 'beta', integrationId],
    refetchInterval: 30_000,
    queryFn: async () => {
      const params = { path: { integrationId } }
      return (await read(api.GET('/operator/integrations/{integrationId}/beta', { params }))).beta
    },
  })

/** The history of any integration. */
export const historyQuery = (integrationId: string) =>
  queryOptions({
    queryKey: ['operator', 'integrations', 'history', integrationId],
    queryFn: async () =>
      (
        await read(
          api.GET('/operator/integrations/{integrationId}/history', { params: { path: { integrationId } } }),
        )
      ).history,
  })

/** Every integration, private ones as well. */
export const integrationsQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: ['operator', 'integrations', 'list', search],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      read(
        api.GET('/operator/integrations', {
          params: { query: { search, 'pagination.cursor': pageParam, 'pagination.count': ALL } },
        }),
      ),
    getNextPageParam: (page) => page.pagination.next ?? undefined,
  })

/** Mails of the last 90 days, the newest first. */
export const mailsQuery = (to: string) =>
  infiniteQueryOptions({
    queryKey: ['operator', 'mails', 'list', to],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      read(api.GET('/operator/mails', { params: { query: { to, 'pagination.cursor': pageParam } } })),
    getNextPageParam: (page) => page.pagination.next ?? undefined,
  })

/** One mail with its words. */
export const mailQuery = (mailId: string) =>
  queryOptions({
    queryKey: ['operator', 'mails', 'one', mailId],
    queryFn: async () =>
      (await read(api.GET('/operator/mails/{mailId}', { params: { path: { mailId } } }))).mail,
  })

/** People, by address. */
export const accountsQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: ['operator', 'accounts', search],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) =>
      read(api.GET('/operator/accounts', { params: { query: { search, 'pagination.cursor': pageParam } } })),
    getNextPageParam: (page) => page.pagination.next ?? undefined,
  })
