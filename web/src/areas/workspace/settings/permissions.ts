import type { Shapes } from '../../../api/client'

/** A role on resources, as it is read. */
export type Permission = Shapes['PermissionView']

/** One line of the form of permissions: a role, and what it is on. */
export interface Grant {
  roleId: string
  /** Ids of single sources or destinations; none: everything in the workspace. */
  resources: string[]
  /** `key:value`, all of which a source has to carry; only on everything. */
  labels: string[]
}

/** What a role can be limited to, or `null` where it is for the whole workspace. */
export function singleOf(roleId: string): 'SOURCE' | 'DESTINATION' | null {
  if (roleId.startsWith('source_')) return 'SOURCE'
  if (roleId.startsWith('destination_')) return 'DESTINATION'
  return null
}

const labelOf = ({ key, value }: { key: string; value: string }) => `${key}:${value}`

/** Permissions as lines of the form. */
export const grantsOf = (permissions: Permission[]): Grant[] =>
  permissions.map(({ roleId, resources }) => ({
    roleId,
    resources: resources.filter(({ type }) => type !== 'WORKSPACE').map(({ id }) => id),
    labels: [...new Set(resources.flatMap(({ labels }) => (labels ?? []).map(labelOf)))],
  }))

/** Lines of the form as the API takes them. */
export function permissionsOf(grants: Grant[], workspaceId: string): Shapes['NewPermission'][] {
  return grants.map(({ roleId, resources, labels }) => {
    const type = singleOf(roleId)
    const carried =
      type === 'SOURCE' && labels.length > 0
        ? {
            labels: labels.map((label) => {
              const at = label.indexOf(':')
              return { key: label.slice(0, at), value: label.slice(at + 1) }
            }),
          }
        : {}
    return {
      roleId,
      resources:
        type !== null && resources.length > 0
          ? resources.map((id) => ({ id, type, ...carried }))
          : [{ id: workspaceId, type: 'WORKSPACE' as const, ...carried }],
    }
  })
}

/** "Source Admin on Web shop and CRM export" */
export function inWords({ roleId, roleName, resources }: Permission, nameOf: (id: string) => string): string {
  const single = singleOf(roleId)
  const all = single === 'SOURCE' ? 'all sources' : single === 'DESTINATION' ? 'all destinations' : null
  const on = resources.flatMap((resource) => {
    const what = resource.type === 'WORKSPACE' ? all : nameOf(resource.id)
    // A role such as Workspace Owner is on the whole workspace, which needs no words.
    if (what === null) return []
    const labels = (resource.labels ?? []).map(labelOf)
    return [labels.length > 0 ? `${what} labelled ${labels.join(' and ')}` : what]
  })
  return on.length > 0 ? `${roleName} on ${list.format(on)}` : roleName
}

const list = new Intl.ListFormat('en')
