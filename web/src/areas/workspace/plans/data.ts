import { queryOptions, useQuery } from '@tanstack/react-query'
import { ApiFailure, api, inWorkspace, read, readTagged, type Shapes } from '../../../api/client'
import { useOwner } from '../data'

/** Said where only who administers tracking plans may do something. */
export const PLAN_ADMINS_ONLY = 'Only a Tracking Plan Admin, or an owner of the workspace, can do this.'

/** A tracking plan as the API shows it. */
export type Plan = Shapes['TrackingPlanView']
/** A rule of one. */
export type Rule = Shapes['PlanRuleView']
/** What a change of rules comes to. */
export type Changed = Shapes['RulesChanged']

/** The most rows of one page. */
const PAGE = 1000
/** The most rules that one request may bring. */
const RULES = 200

/** Every tracking plan of a workspace, or `null` for whoever may not see them. */
export const plansQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'plans', 'all'],
    queryFn: async () => {
      try {
        const { trackingPlans } = await read(
          api.GET('/tracking-plans', {
            params: { query: { 'pagination.count': PAGE }, header: inWorkspace(ws) },
          }),
        )
        return trackingPlans
      } catch (error) {
        if (error instanceof ApiFailure && error.status === 403) return null
        throw error
      }
    },
  })

/**
 * Why the account may not change tracking plans; nothing where it may, or while that is not known. The API says so only
 * of a change, so it is asked for one that changes nothing.
 */
export function usePlanRefusal(ws: string): string | undefined {
  const owner = useOwner(ws)
  const plans = useQuery({ ...plansQuery(ws), enabled: owner === false }).data
  const may = useQuery({
    queryKey: ['w', ws, 'plans', 'may'],
    enabled: owner === false && !!plans,
    staleTime: 300_000,
    queryFn: async () => {
      const params = {
        path: { trackingPlanId: plans?.[0]?.slug ?? 'none' },
        query: { dryRun: true },
        header: inWorkspace(ws),
      }
      const { response } = await api.PATCH('/tracking-plans/{trackingPlanId}/rules', {
        params,
        body: { rules: [] },
      })
      return response.status !== 403
    },
  }).data
  return may === false ? PLAN_ADMINS_ONLY : undefined
}

/** One plan with its version. */
export const planQuery = (ws: string, plan: string) =>
  queryOptions({
    queryKey: ['w', ws, 'plans', plan, 'about'],
    queryFn: async () => {
      const { value, etag } = await readTagged(
        api.GET('/tracking-plans/{trackingPlanId}', {
          params: { path: { trackingPlanId: plan }, header: inWorkspace(ws) },
        }),
      )
      return { plan: value.trackingPlan, etag }
    },
  })

/** Every rule of a plan, with the plan's version. */
export const rulesQuery = (ws: string, plan: string) =>
  queryOptions({
    queryKey: ['w', ws, 'plans', plan, 'rules'],
    queryFn: async () => {
      const rules: Rule[] = []
      let cursor: string | undefined
      let version = ''
      do {
        const { value, etag } = await readTagged(
          api.GET('/tracking-plans/{trackingPlanId}/rules', {
            params: {
              path: { trackingPlanId: plan },
              query: { 'pagination.count': PAGE, 'pagination.cursor': cursor },
              header: inWorkspace(ws),
            },
          }),
        )
        rules.push(...value.rules)
        version = etag
        cursor = value.pagination.next ?? undefined
      } while (cursor)
      return { rules, etag: version }
    },
  })

/** The sources that a plan is connected to. */
export const planSourcesQuery = (ws: string, plan: string) =>
  queryOptions({
    queryKey: ['w', ws, 'plans', plan, 'sources'],
    queryFn: async () =>
      (
        await read(
          api.GET('/tracking-plans/{trackingPlanId}/sources', {
            params: {
              path: { trackingPlanId: plan },
              query: { 'pagination.count': PAGE },
              header: inWorkspace(ws),
            },
          }),
        )
      ).sources,
  })

/** The categories of the Spec that a plan can start from. */
export const startersQuery = (ws: string) =>
  queryOptions({
    queryKey: ['w', ws, 'plans', 'starters'],
    staleTime: 600_000,
    queryFn: async () =>
      (await read(api.GET('/tracking-plans/starters', { params: { header: inWorkspace(ws) } }))).starters,
  })

/** What a change of rules is sent with. */
interface Sending {
  dryRun: boolean
  /** The version of the plan that it was made on. */
  etag: string
}

const about = (ws: string, plan: string, { dryRun, etag }: Sending) => ({
  path: { trackingPlanId: plan },
  query: { dryRun },
  header: { ...inWorkspace(ws), 'If-Match': etag },
})

/** Adds rules, or changes those that have the same type, event and version; `newKey` renames. */
export const sendRules = (
  ws: string,
  plan: string,
  rules: { type: string; key?: string | null; newKey?: string; version?: number; jsonSchema: object }[],
  sending: Sending,
): Promise<Changed> =>
  read(
    api.PATCH('/tracking-plans/{trackingPlanId}/rules', {
      params: about(ws, plan, sending),
      body: { rules: rules as Shapes['RuleInput'][] },
    }),
  )

/** Takes one rule out. */
export const removeRule = (ws: string, plan: string, rule: Rule, sending: Sending): Promise<Changed> => {
  const { path, query, header } = about(ws, plan, sending)
  return read(
    api.DELETE('/tracking-plans/{trackingPlanId}/rules', {
      params: {
        path,
        header,
        query: {
          ...query,
          'rules.0.type': rule.type,
          'rules.0.key': rule.key ?? undefined,
          'rules.0.version': rule.version,
        },
      },
    }),
  )
}

/** Makes the rules of an older version the plan's rules again. */
export const restoreVersion = (
  ws: string,
  plan: string,
  revision: number,
  sending: Sending,
): Promise<Changed> => {
  const { path, query, header } = about(ws, plan, sending)
  return read(
    api.POST('/tracking-plans/{trackingPlanId}/versions/{revision}/restore', {
      params: { path: { ...path, revision: String(revision) }, query, header },
    }),
  )
}

/** Takes the rules of a file in, beside those that are there or in place of them. */
export const importFile = (
  ws: string,
  plan: string,
  file: { text: string; table: boolean; replace: boolean },
  sending: Sending,
): Promise<Changed> => {
  const { path, query, header } = about(ws, plan, sending)
  return read(
    api.POST('/tracking-plans/{trackingPlanId}/import', {
      params: { path, query: { ...query, mode: file.replace ? 'replace' : 'merge' }, header },
      headers: { 'Content-Type': file.table ? 'text/csv' : 'application/json' },
      body: file.text as never,
      bodySerializer: (text) => text as unknown as string,
    }),
  )
}

/** A plan with rules: they follow in as many requests as they need. */
export async function makePlan(
  ws: string,
  about: { name: string; description: string },
  rules: { type: string; key?: string | null; version?: number; jsonSchema: object }[],
): Promise<Plan> {
  const { value, etag } = await readTagged(
    api.POST('/tracking-plans', {
      params: { header: inWorkspace(ws) },
      body: { name: about.name, description: about.description || null, type: 'LIVE' },
    }),
  )
  const plan = value.trackingPlan
  let version = etag
  for (let at = 0; at < rules.length; at += RULES) {
    const answer = await readTagged(
      api.PATCH('/tracking-plans/{trackingPlanId}/rules', {
        params: {
          path: { trackingPlanId: plan.id },
          header: { ...inWorkspace(ws), 'If-Match': version },
        },
        body: {
          rules: rules.slice(at, at + RULES).map(({ type, key, version, jsonSchema }) => ({
            type,
            key,
            version,
            jsonSchema,
          })) as Shapes['RuleInput'][],
        },
      }),
    )
    version = answer.etag
  }
  return plan
}
