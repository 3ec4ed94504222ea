import { createRoute, redirect } from '@tanstack/react-router'
import * as v from 'valibot'
import { signedIn } from '../../shell/guard'
import { lazily } from '../../shell/lazily'
import { root } from '../../shell/root'

const text = v.optional(v.string())
/** What an overview of delivery shows. */
const overview = v.object({ period: text, from: text, to: text, step: text, as: text, by: text })

const layout = createRoute({
  getParentRoute: () => root,
  path: 'w/$ws',
  beforeLoad: signedIn,
  component: lazily(() => import('./layout'), 'WorkspaceLayout'),
})
const home = createRoute({
  getParentRoute: () => layout,
  path: '/',
  component: lazily(() => import('./home'), 'WorkspaceHome'),
})
const sources = createRoute({
  getParentRoute: () => layout,
  path: 'sources',
  validateSearch: v.object({
    q: text,
    state: text,
    label: text,
  }),
  component: lazily(() => import('./sources'), 'Sources'),
})
const source = createRoute({
  getParentRoute: () => layout,
  path: 'sources/$source',
  component: lazily(() => import('./source/layout'), 'SourceLayout'),
})
const sourceIndex = createRoute({
  getParentRoute: () => source,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/w/$ws/sources/$source/overview', params })
  },
})
const sourceOverview = createRoute({
  getParentRoute: () => source,
  path: 'overview',
  validateSearch: v.object({ period: text }),
  component: lazily(() => import('./source/overview'), 'SourceOverview'),
})
const sourceBalance = createRoute({
  getParentRoute: () => source,
  path: 'overview/balance',
  validateSearch: v.object({ period: text }),
  component: lazily(() => import('./source/balance'), 'SourceBalance'),
})
const sourceDebugger = createRoute({
  getParentRoute: () => source,
  path: 'debugger',
  validateSearch: v.object({
    /** The filter, in words. */
    q: v.optional(v.string()),
    /** Position of the message that is open. */
    at: v.optional(v.string()),
    tab: v.optional(v.string()),
  }),
  component: lazily(() => import('./source/debugger'), 'Debugger'),
})
const sourceSchema = createRoute({
  getParentRoute: () => source,
  path: 'schema',
  validateSearch: v.object({ q: text, newest: text }),
  component: lazily(() => import('./source/schema'), 'SourceSchema'),
})
const sourceViolations = createRoute({
  getParentRoute: () => source,
  path: 'schema/violations',
  validateSearch: v.object({ period: text, event: text }),
  component: lazily(() => import('./source/violations'), 'SourceViolations'),
})
const sourceQuarantine = createRoute({
  getParentRoute: () => source,
  path: 'schema/quarantine',
  component: lazily(() => import('./source/quarantine'), 'SourceQuarantine'),
})
const sourceDestinations = createRoute({
  getParentRoute: () => source,
  path: 'destinations',
  component: lazily(() => import('./source/destinations'), 'SourceDestinations'),
})
const sourceDelivery = createRoute({
  getParentRoute: () => source,
  path: 'delivery',
  validateSearch: overview,
  component: lazily(() => import('./source/delivery'), 'SourceDelivery'),
})
const sourceSettings = createRoute({
  getParentRoute: () => source,
  path: 'settings',
  component: lazily(() => import('./source/settings'), 'SourceSettings'),
})
const catalog = createRoute({
  getParentRoute: () => layout,
  path: 'catalog',
  component: lazily(() => import('./catalog'), 'WorkspaceCatalog'),
  validateSearch: v.object({ kind: text, q: text, category: text, stage: text, group: text, source: text }),
})
const catalogEntry = createRoute({
  getParentRoute: () => layout,
  path: 'catalog/$slug',
  component: lazily(() => import('./catalog-entry'), 'WorkspaceCatalogEntry'),
  validateSearch: v.object({ kind: text, source: text }),
})
const destinations = createRoute({
  getParentRoute: () => layout,
  path: 'destinations',
  component: lazily(() => import('./destinations'), 'Destinations'),
  validateSearch: v.object({ q: text, state: text }),
})
const newDestination = createRoute({
  getParentRoute: () => layout,
  path: 'destinations/new/$definition',
  component: lazily(() => import('./new-destination'), 'NewDestination'),
  validateSearch: v.object({ source: text }),
})
const destination = createRoute({
  getParentRoute: () => layout,
  path: 'destinations/$destination',
  component: lazily(() => import('./destination/layout'), 'DestinationLayout'),
})
const destinationIndex = createRoute({
  getParentRoute: () => destination,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/w/$ws/destinations/$destination/overview', params })
  },
})
const destinationOverview = createRoute({
  getParentRoute: () => destination,
  path: 'overview',
  component: lazily(() => import('./destination/overview'), 'DestinationOverview'),
})
const destinationDelivery = createRoute({
  getParentRoute: () => destination,
  path: 'delivery',
  component: lazily(() => import('./destination/delivery'), 'DestinationDelivery'),
  validateSearch: overview,
})
const destinationSyncs = createRoute({
  getParentRoute: () => destination,
  path: 'syncs',
  component: lazily(() => import('./destination/syncs'), 'DestinationSyncs'),
})
const filters = createRoute({
  getParentRoute: () => destination,
  path: 'filters',
  component: lazily(() => import('./destination/filters/list'), 'DestinationFilters'),
})
const newFilter = createRoute({
  getParentRoute: () => destination,
  path: 'filters/new',
  component: lazily(() => import('./destination/filters/editor'), 'NewFilter'),
})
const filter = createRoute({
  getParentRoute: () => destination,
  path: 'filters/$filter',
  component: lazily(() => import('./destination/filters/editor'), 'FilterPage'),
})
const mappings = createRoute({
  getParentRoute: () => destination,
  path: 'mappings',
  component: lazily(() => import('./destination/mappings/list'), 'DestinationMappings'),
})
const newMapping = createRoute({
  getParentRoute: () => destination,
  path: 'mappings/new',
  component: lazily(() => import('./destination/mappings/editor'), 'NewMapping'),
})
const mapping = createRoute({
  getParentRoute: () => destination,
  path: 'mappings/$mapping',
  component: lazily(() => import('./destination/mappings/editor'), 'MappingPage'),
})
const replays = createRoute({
  getParentRoute: () => destination,
  path: 'replays',
  component: lazily(() => import('./destination/replays/list'), 'Replays'),
})
const newReplay = createRoute({
  getParentRoute: () => destination,
  path: 'replays/new',
  component: lazily(() => import('./destination/replays/new'), 'NewReplay'),
})
const replay = createRoute({
  getParentRoute: () => destination,
  path: 'replays/$replay',
  component: lazily(() => import('./destination/replays/replay'), 'ReplayPage'),
})
const destinationTest = createRoute({
  getParentRoute: () => destination,
  path: 'test',
  component: lazily(() => import('./destination/test'), 'DestinationTest'),
})
const destinationSettings = createRoute({
  getParentRoute: () => destination,
  path: 'settings',
  component: lazily(() => import('./destination/settings'), 'DestinationSettings'),
})
const plans = createRoute({
  getParentRoute: () => layout,
  path: 'tracking-plans',
  component: lazily(() => import('./plans/list'), 'TrackingPlans'),
  validateSearch: v.object({ q: text }),
})
const newPlan = createRoute({
  getParentRoute: () => layout,
  path: 'tracking-plans/new',
  component: lazily(() => import('./plans/new'), 'NewTrackingPlan'),
  validateSearch: v.object({ from: text, source: text }),
})
const plan = createRoute({
  getParentRoute: () => layout,
  path: 'tracking-plans/$plan',
  component: lazily(() => import('./plans/layout'), 'PlanLayout'),
})
const planIndex = createRoute({
  getParentRoute: () => plan,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/w/$ws/tracking-plans/$plan/rules', params })
  },
})
const planRules = createRoute({
  getParentRoute: () => plan,
  path: 'rules',
  component: lazily(() => import('./plans/rules'), 'PlanRules'),
  validateSearch: v.object({ q: text, type: text, rule: text }),
})
const planImport = createRoute({
  getParentRoute: () => plan,
  path: 'import',
  component: lazily(() => import('./plans/import'), 'ImportPlan'),
})
const planSources = createRoute({
  getParentRoute: () => plan,
  path: 'sources',
  component: lazily(() => import('./plans/sources'), 'PlanSources'),
})
const planVersions = createRoute({
  getParentRoute: () => plan,
  path: 'versions',
  component: lazily(() => import('./plans/versions'), 'PlanVersions'),
  validateSearch: v.object({ version: text }),
})
const planTry = createRoute({
  getParentRoute: () => plan,
  path: 'try',
  component: lazily(() => import('./plans/try'), 'TryPlan'),
})
const planSettings = createRoute({
  getParentRoute: () => plan,
  path: 'settings',
  component: lazily(() => import('./plans/settings'), 'PlanSettings'),
})
const delivery = createRoute({
  getParentRoute: () => layout,
  path: 'delivery',
  component: lazily(() => import('./delivery'), 'Delivery'),
  validateSearch: v.object({ period: text }),
})
const alerts = createRoute({
  getParentRoute: () => layout,
  path: 'alerts',
  component: lazily(() => import('./alerts/list'), 'Alerts'),
})
const newAlert = createRoute({
  getParentRoute: () => layout,
  path: 'alerts/new',
  component: lazily(() => import('./alerts/editor'), 'NewAlert'),
  validateSearch: v.object({ kind: text, about: text }),
})
const alert = createRoute({
  getParentRoute: () => layout,
  path: 'alerts/$alert',
  component: lazily(() => import('./alerts/editor'), 'AlertPage'),
})
const settingsGeneral = createRoute({
  getParentRoute: () => layout,
  path: 'settings/general',
  component: lazily(() => import('./settings/general'), 'WorkspaceGeneral'),
})
const settingsMembers = createRoute({
  getParentRoute: () => layout,
  path: 'settings/members',
  component: lazily(() => import('./settings/members'), 'Members'),
})
const settingsTokens = createRoute({
  getParentRoute: () => layout,
  path: 'settings/tokens',
  component: lazily(() => import('./settings/tokens'), 'WorkspaceTokens'),
})
const settingsLabels = createRoute({
  getParentRoute: () => layout,
  path: 'settings/labels',
  component: lazily(() => import('./settings/labels'), 'Labels'),
})
const settingsAudit = createRoute({
  getParentRoute: () => layout,
  path: 'settings/audit',
  validateSearch: v.object({
    actor: text,
    type: text,
    resource: text,
    from: text,
    to: text,
  }),
  component: lazily(() => import('./settings/audit'), 'WorkspaceAudit'),
})

/** Every page of a workspace. */
export const workspaceRoutes = layout.addChildren([
  home,
  sources,
  source.addChildren([
    sourceIndex,
    sourceOverview,
    sourceBalance,
    sourceDebugger,
    sourceSchema,
    sourceViolations,
    sourceQuarantine,
    sourceDestinations,
    sourceDelivery,
    sourceSettings,
  ]),
  catalog,
  catalogEntry,
  destinations,
  newDestination,
  destination.addChildren([
    destinationIndex,
    destinationOverview,
    destinationDelivery,
    destinationSyncs,
    filters,
    newFilter,
    filter,
    mappings,
    newMapping,
    mapping,
    replays,
    newReplay,
    replay,
    destinationTest,
    destinationSettings,
  ]),
  plans,
  newPlan,
  plan.addChildren([planIndex, planRules, planImport, planSources, planVersions, planTry, planSettings]),
  delivery,
  alerts,
  newAlert,
  alert,
  settingsGeneral,
  settingsMembers,
  settingsTokens,
  settingsLabels,
  settingsAudit,
])
