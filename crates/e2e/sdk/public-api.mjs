// Walks through a workspace with the published SDK of Segment's Public API:
// node public-api.mjs <host> <token> <userId of a member>
import assert from 'node:assert/strict'
import sdk from '@segment/public-api-sdk-typescript'

const [host, token, member] = process.argv.slice(2)
const apis = sdk.configureApis(token)
for (const api of Object.values(apis)) api.basePath = `${host}/api`
const { workspaces, sources, destinations, catalog, labels, iamUsers, iamRoles, auditTrail, trackingPlans } = apis

/** What came back under `data`; the SDK's own `body` is read into its classes. */
const data = async (call) => (await call).body.data
const page = { count: 10 }

// The workspace that the token belongs to.
const { workspace } = await data(workspaces.getWorkspace())
assert.equal(workspace.slug, 'acme')

// The catalog.
const entries = await data(catalog.getSourcesCatalog({ count: 50 }))
const http = entries.sourcesCatalog.find((entry) => entry.slug === 'http-api')
assert.ok(http, 'the HTTP API is in the catalog')
const { sourceMetadata } = await data(catalog.getSourceMetadata(http.id))
assert.equal(sourceMetadata.name, 'HTTP API')
assert.ok(sourceMetadata.logos !== undefined && Array.isArray(sourceMetadata.options))
const kinds = await data(catalog.getDestinationsCatalog({ count: 50 }))
const webhook = kinds.destinationsCatalog.find((entry) => entry.slug === 'webhook')
assert.ok(webhook, 'webhooks are in the catalog')
const { destinationMetadata } = await data(catalog.getDestinationMetadata(webhook.id))
assert.ok(destinationMetadata.options.some((option) => option.name === 'url' && option.required))
const warehouses = await data(catalog.getWarehousesCatalog(page))
assert.deepEqual(warehouses.warehousesCatalog, [])

// Labels.
const label = { key: 'team', value: 'growth', description: 'Growth' }
assert.deepEqual({ ...(await data(labels.createLabel({ label }))).label }, label)
assert.ok((await data(labels.listLabels())).labels.some((found) => found.key === 'team'))

// A source from nothing to gone.
const made = await data(sources.createSource({ slug: 'shop', enabled: true, metadataId: http.id, settings: {} }))
const { id, writeKeys } = made.source
assert.equal(made.source.metadata.slug, 'http-api')
assert.equal(made.source.workspaceId, workspace.id)
assert.equal(writeKeys.length, 1)
for (const slug of ['blog', 'docs']) {
  await data(sources.createSource({ slug, enabled: false, metadataId: http.id }))
}
let seen = []
let cursor
do {
  const list = await data(sources.listSources({ count: 2, ...(cursor && { cursor }) }))
  assert.equal(list.pagination.totalEntries, 3)
  seen = seen.concat(list.sources.map((source) => source.slug))
  cursor = list.pagination.next
} while (cursor)
assert.deepEqual([...seen].sort(), ['blog', 'docs', 'shop'], 'every source once')
assert.equal((await data(sources.getSource(id))).source.slug, 'shop')
const renamed = await data(sources.updateSource(id, { name: 'The shop', enabled: false }))
assert.deepEqual([renamed.source.name, renamed.source.enabled], ['The shop', false])
await data(sources.updateSource(id, { enabled: true }))
const labelled = await data(sources.addLabelsToSource(id, { labels: [{ key: 'team', value: 'growth' }] }))
assert.ok(labelled.labels.some((found) => found.value === 'growth'))
const replaced = await data(sources.replaceLabelsInSource(id, { labels: [] }))
assert.deepEqual(replaced.labels, [])
const keys = await data(sources.createWriteKeyForSource(id))
assert.equal(keys.source.writeKeys.length, 2)
assert.equal((await data(sources.removeWriteKeyFromSource(id, writeKeys[0]))).status, 'SUCCESS')
const left = (await data(sources.getSource(id))).source.writeKeys
assert.deepEqual(left, keys.source.writeKeys.filter((key) => key !== writeKeys[0]))
await refused(409, sources.removeWriteKeyFromSource(id, left[0]))

// A destination of it.
const settings = { url: 'https://example.com/hook', secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' }
const connected = await data(
  destinations.createDestination({ sourceId: id, metadataId: webhook.id, name: 'CRM', enabled: false, settings })
)
const hook = connected.destination
assert.equal(hook.sourceId, id)
assert.equal(hook.enabled, false)
assert.notEqual(hook.settings.secret, settings.secret, 'a secret is not shown again')
assert.equal((await data(destinations.listDestinations(page))).destinations.length, 1)
assert.equal((await data(sources.listConnectedDestinationsFromSource(id, page))).destinations[0].id, hook.id)
assert.deepEqual((await data(sources.listConnectedWarehousesFromSource(id, page))).warehouses, [])
const on = await data(destinations.updateDestination(hook.id, { enabled: true, name: 'The CRM' }))
assert.deepEqual([on.destination.enabled, on.destination.name], [true, 'The CRM'])
assert.equal((await data(destinations.getDestination(hook.id))).destination.settings.url, settings.url)
await refused(422, destinations.createDestination({ sourceId: id, metadataId: webhook.id, settings: { url: 7 } }))

// A mapping of it.
const [action] = destinationMetadata.actions
assert.deepEqual([action.slug, action.platform, action.fields[0].fieldKey], ['send', 'CLOUD', 'data'])
assert.equal(destinationMetadata.presets[0].actionId, action.id)
const { destinationSubscription } = await data(
  destinations.createDestinationSubscription(hook.id, {
    name: 'Orders',
    actionId: action.id,
    trigger: "event = 'Order Completed'",
    enabled: true,
    settings: { data: { '@path': '$.properties' } },
  })
)
assert.deepEqual(destinationSubscription.settings, { data: { '@path': '$.properties' } })
const mapping = destinationSubscription.id
const { subscriptions } = await data(destinations.listSubscriptionsFromDestination(hook.id, page))
assert.deepEqual(subscriptions.map((one) => one.id), [mapping])
const quiet = await data(
  destinations.updateSubscriptionForDestination(hook.id, mapping, { input: { name: 'All orders', enabled: false } })
)
assert.deepEqual([quiet.subscription.name, quiet.subscription.enabled], ['All orders', false])
const again = await data(destinations.getSubscriptionFromDestination(hook.id, mapping))
assert.equal(again.subscription.trigger, "event = 'Order Completed'")
await refused(
  422,
  destinations.updateSubscriptionForDestination(hook.id, mapping, { input: { trigger: 'event ==' } })
)
assert.equal((await data(destinations.removeSubscriptionFromDestination(hook.id, mapping))).status, 'SUCCESS')
assert.equal((await data(destinations.deleteDestination(hook.id))).status, 'SUCCESS')

// People.
const { roles } = await data(iamRoles.listRoles(page))
const readOnly = roles.find((role) => role.name === 'Source Read-only')
assert.ok(readOnly, `${roles.map((role) => role.name)}`)
const users = await data(iamUsers.listUsers(page))
assert.ok(users.users.some((user) => user.id === member))
const permissions = [{ roleId: readOnly.id, resources: [{ id, type: 'SOURCE' }] }]
const given = await data(iamUsers.replacePermissionsForUser(member, { permissions }))
assert.equal(given.permissions[0].roleId, readOnly.id)
await data(iamUsers.addPermissionsToUser(member, { permissions }))
const user = (await data(iamUsers.getUser(member))).user
assert.equal(user.permissions[0].roleName, 'Source Read-only')
const email = 'grace@example.com'
assert.deepEqual((await data(iamUsers.createInvites({ invites: [{ email, permissions }] }))).emails, [email])
assert.deepEqual((await data(iamUsers.listInvites(page))).invites, [email])
assert.equal((await data(iamUsers.deleteInvites([email]))).status, 'SUCCESS')
assert.equal((await data(iamUsers.deleteUsers([member]))).status, 'SUCCESS')
assert.ok(!(await data(iamUsers.listUsers(page))).users.some((found) => found.id === member))

// A tracking plan: rules, a source, and what becomes of what breaks it.
const { trackingPlan } = await data(trackingPlans.createTrackingPlan({ name: 'Shop', type: 'LIVE' }))
assert.equal(trackingPlan.type, 'LIVE')
const order = { type: 'TRACK', key: 'Order Completed', version: 1, jsonSchema: { type: 'object' } }
const refund = { ...order, key: 'Order Refunded' }
const plan = trackingPlan.id
assert.equal((await data(trackingPlans.replaceRulesInTrackingPlan(plan, { rules: [order] }))).status, 'SUCCESS')
assert.equal((await data(trackingPlans.updateRulesInTrackingPlan(plan, { rules: [refund] }))).status, 'SUCCESS')
const { rules } = await data(trackingPlans.listRulesFromTrackingPlan(plan, page))
assert.deepEqual(rules.map((rule) => rule.key), ['Order Completed', 'Order Refunded'])
const { type, key, version } = refund
assert.equal((await data(trackingPlans.removeRulesFromTrackingPlan(plan, [{ type, key, version }]))).status, 'SUCCESS')
assert.equal((await data(trackingPlans.listRulesFromTrackingPlan(plan, page))).rules.length, 1)
assert.equal((await data(trackingPlans.addSourceToTrackingPlan(plan, { sourceId: id }))).status, 'SUCCESS')
assert.equal((await data(trackingPlans.listSourcesFromTrackingPlan(plan, page))).sources[0].id, id)
assert.equal((await data(sources.getSource(id))).trackingPlanId, plan)
const track = { allowUnplannedEvents: false, commonEventOnViolations: 'OMIT_PROPERTIES' }
const blocking = await data(sources.updateSchemaSettingsInSource(id, { track }))
assert.equal(blocking.settings.track.allowUnplannedEvents, false)
const set = await data(sources.listSchemaSettingsInSource(id))
assert.equal(set.settings.track.commonEventOnViolations, 'OMIT_PROPERTIES')
await refused(409, trackingPlans.deleteTrackingPlan(plan))
assert.equal((await data(trackingPlans.removeSourceFromTrackingPlan(plan, id))).status, 'SUCCESS')
assert.equal((await data(trackingPlans.updateTrackingPlan(plan, { name: 'Orders' }))).status, 'SUCCESS')
assert.equal((await data(trackingPlans.getTrackingPlan(plan))).trackingPlan.name, 'Orders')
assert.equal((await data(trackingPlans.deleteTrackingPlan(plan))).status, 'SUCCESS')
assert.deepEqual((await data(trackingPlans.listTrackingPlans(page))).trackingPlans, [])

// Who did all that.
const events = await data(auditTrail.listAuditEvents({ count: 100 }))
const types = events.events.map((event) => event.type)
for (const type of ['Source Created', 'Destination Modified', 'Label Created']) {
  assert.ok(types.includes(type), `${type} is in ${types}`)
}
const filtered = await data(auditTrail.listAuditEvents(page, undefined, undefined, id))
assert.ok(filtered.events.every((event) => event.resourceId === id))

// Bad input names each field, and what is not there is not found.
const faults = await refused(422, sources.createSource({ slug: '', enabled: 'perhaps', metadataId: http.id }))
assert.ok(faults.length >= 2 && faults.every((fault) => fault.type && fault.message && fault.field), JSON.stringify(faults))
await refused(404, sources.getSource('src_nothing'))
const stranger = sdk.configureApis('hw_nothing')
stranger.workspaces.basePath = `${host}/api`
await refused(401, stranger.workspaces.getWorkspace())

// And gone.
assert.equal((await data(labels.deleteLabel('team', 'growth'))).status, 'SUCCESS')
assert.equal((await data(sources.deleteSource(id))).status, 'SUCCESS')
await refused(404, sources.getSource(id))
console.log(`${types.length} changes, all in the audit trail`)

/** The faults of a call that must fail with this status. */
async function refused(status, call) {
  const error = await call.then(
    () => assert.fail(`should be refused with ${status}`),
    (error) => error
  )
  assert.equal(error.statusCode, status, JSON.stringify(error.body ?? error))
  return error.body.errors
}
