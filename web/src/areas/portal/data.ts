import { queryOptions } from '@tanstack/react-query'
import { ApiFailure, api, inWorkspace, read, readTagged, type Shapes } from '../../api/client'

/** One integration as its makers see it. */
export type Integration = Shapes['IntegrationView']
/** The catalog info; whatever was not written yet is absent. */
export type Info = Partial<Omit<Shapes['Info'], 'docs'>> & { docs?: Partial<Shapes['Docs']> }
/** One event that the source sends. */
export type DeclaredEvent = Shapes['DeclaredEvent']
/** One line of the checklist. */
export type Item = Shapes['Item']
/** One round of review. */
export type Submission = Shapes['SubmissionView']

const path = (integrationId: string) => ({ params: { path: { integrationId } } })
const key = (slug: string, ...rest: string[]) => ['portal', 'integration', slug, ...rest]

/** Everything known of one integration; invalidate it after a change of any of it. */
export const integrationKey = key

/** Every integration of the team. */
export const integrationsQuery = queryOptions({
  queryKey: ['portal', 'integrations'],
  queryFn: async () => (await read(api.GET('/integrations'))).integrations,
})

/** One integration with its version. */
export const integrationQuery = (slug: string) =>
  queryOptions({
    queryKey: key(slug, 'self'),
    queryFn: async () => {
      const { value, etag } = await readTagged(api.GET('/integrations/{integrationId}', path(slug)))
      return { integration: value.integration, etag }
    },
  })

/** What is left to do before it can be submitted. */
export const checklistQuery = (slug: string) =>
  queryOptions({
    queryKey: key(slug, 'checklist'),
    queryFn: async () =>
      (await read(api.GET('/integrations/{integrationId}/checklist', path(slug)))).checklist,
  })

/** What is missing, and what is to be said about the documentation. */
export const completenessQuery = (slug: string) =>
  queryOptions({
    queryKey: key(slug, 'completeness'),
    queryFn: () => read(api.GET('/integrations/{integrationId}/completeness', path(slug))),
  })

/** The entry as customers will see it. */
export const previewQuery = (slug: string) =>
  queryOptions({
    queryKey: key(slug, 'preview'),
    queryFn: () => read(api.GET('/integrations/{integrationId}/preview', path(slug))),
  })

/** What the checks find in what arrived: asked for again and again while the page is looked at. */
export const checksQuery = (slug: string) =>
  queryOptions({
    queryKey: key(slug, 'checks'),
    refetchInterval: 2_000,
    queryFn: async () => (await read(api.GET('/integrations/{integrationId}/checks', path(slug)))).checks,
  })

/** How it does at customers since its approval. */
export const betaQuery = (slug: string) =>
  queryOptions({
    queryKey: key(slug, 'beta'),
    refetchInterval: 30_000,
    queryFn: async () => (await read(api.GET('/integrations/{integrationId}/beta', path(slug)))).beta,
  })

/** What was frozen with a submission; `null` for one without, such as an edit. */
export const evidenceQuery = (slug: string, submissionId: string) =>
  queryOptions({
    queryKey: key(slug, 'evidence', submissionId),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async () => {
      try {
        const { evidence } = await read(
          api.GET('/integrations/{integrationId}/submissions/{submissionId}/evidence', {
            params: { path: { integrationId: slug, submissionId } },
          }),
        )
        return evidence
      } catch (error) {
        if (error instanceof ApiFailure && error.status === 404) return null
        throw error
      }
    },
  })

/** Rounds of review, newest first. */
export const submissionsQuery = (slug: string) =>
  queryOptions({
    queryKey: key(slug, 'submissions'),
    queryFn: async () => {
      const { submissions } = await read(api.GET('/integrations/{integrationId}/submissions', path(slug)))
      return submissions.toSorted((one, other) => other.number - one.number)
    },
  })

/** Every change of state, newest first. */
export const historyQuery = (slug: string) =>
  queryOptions({
    queryKey: key(slug, 'history'),
    queryFn: async () => {
      const { history } = await read(api.GET('/integrations/{integrationId}/history', path(slug)))
      return history.toSorted((one, other) => other.at.localeCompare(one.at))
    },
  })

/** Whether reviewers have an account to test with, and since when. */
export const testAccountQuery = (slug: string) =>
  queryOptions({
    queryKey: key(slug, 'test-account'),
    queryFn: () => read(api.GET('/integrations/{integrationId}/test-account', path(slug))),
  })

/** The people of the partner team, and who is invited. */
export const teamQuery = queryOptions({
  queryKey: ['portal', 'team'],
  queryFn: () => read(api.GET('/partner/team')),
})

/** A source that was made from the integration, and the workspace that it is in. */
export interface Install {
  workspace: Shapes['WorkspaceView']
  source: Shapes['SourceView']
}

/** Where the integration was added, among the workspaces of whoever asks. */
export const installsQuery = (slug: string, workspaces: Shapes['WorkspaceView'][]) =>
  queryOptions({
    queryKey: key(slug, 'installs', ...workspaces.map(({ id }) => id)),
    queryFn: async (): Promise<Install[]> => {
      const found = await Promise.all(
        workspaces.map(async (workspace) => {
          const { sources } = await read(
            api.GET('/sources', {
              params: { query: { metadataId: slug }, header: inWorkspace(workspace.slug) },
            }),
          )
          return sources.map((source) => ({ workspace, source }))
        }),
      )
      return found.flat()
    },
  })

/** Messages of the last hour, minute by minute, for each integration by its slug; over all test workspaces. */
export const lastHourQuery = (workspaces: Shapes['WorkspaceView'][], slugs: string[]) =>
  queryOptions({
    queryKey: ['portal', 'last-hour', ...workspaces.map(({ id }) => id), ...slugs],
    queryFn: async (): Promise<Map<string, number[]>> => {
      const minute = 60_000
      const end = Math.ceil(Date.now() / minute) * minute
      const found = new Map<string, number[]>()
      for (const workspace of workspaces) {
        const header = inWorkspace(workspace.slug)
        const { sources } = await read(
          api.GET('/sources', { params: { query: { 'pagination.count': 1000 }, header } }),
        )
        const ours = new Map(
          sources
            .filter(({ metadata }) => slugs.includes(metadata.slug))
            .map(({ id, metadata }) => [id, metadata.slug]),
        )
        if (ours.size === 0) continue
        const { result } = await read(
          api.GET('/events/volume', {
            params: {
              query: {
                granularity: 'MINUTE',
                startTime: new Date(end - 60 * minute).toISOString(),
                endTime: new Date(end).toISOString(),
                sourceId: [...ours.keys()],
              },
              header,
            },
          }),
        )
        for (const { source, series } of result) {
          const slug = ours.get(source.id)
          if (!slug) continue
          const before = found.get(slug)
          found.set(
            slug,
            series.map(({ count }, at) => count + (before?.[at] ?? 0)),
          )
        }
      }
      return found
    },
    refetchInterval: 30_000,
  })
