import { useQuery } from '@tanstack/react-query'
import { Button } from '../../../kit/button'
import { Check, Select } from '../../../kit/fields'
import { Loaded } from '../../../kit/loaded'
import { Muted } from '../../../kit/page'
import { destinationsQuery, labelsQuery, rolesQuery, sourcesQuery } from '../data'
import { type Grant, inWords, type Permission, singleOf } from './permissions'
import css from './settings.module.css'

/** Names for what permissions are on. */
export function useNames(ws: string): (id: string) => string {
  const sources = useQuery(sourcesQuery(ws)).data?.sources ?? []
  const destinations = useQuery(destinationsQuery(ws)).data?.destinations ?? []
  const names = new Map([...sources, ...destinations].map(({ id, name }) => [id, name]))
  return (id) => names.get(id) ?? 'something deleted'
}

/** Permissions, a line each. */
export function InWords({ ws, permissions }: { ws: string; permissions: Permission[] }) {
  const nameOf = useNames(ws)
  if (permissions.length === 0) return <Muted>nothing</Muted>
  return (
    <ul className={css.words}>
      {permissions.map((permission) => {
        const words = inWords(permission, nameOf)
        return <li key={words}>{words}</li>
      })}
    </ul>
  )
}

/** Roles, and what each is on. */
export function Grants({
  ws,
  grants,
  onChange,
}: {
  ws: string
  grants: Grant[]
  onChange: (grants: Grant[]) => void
}) {
  const roles = useQuery(rolesQuery(ws))
  const sources = useQuery(sourcesQuery(ws)).data?.sources ?? []
  const destinations = useQuery(destinationsQuery(ws)).data?.destinations ?? []
  const labels = useQuery(labelsQuery(ws)).data ?? []
  const set = (at: number, changes: Partial<Grant>) =>
    onChange(grants.map((grant, place) => (place === at ? { ...grant, ...changes } : grant)))
  const toggle = (list: string[], item: string) =>
    list.includes(item) ? list.filter((each) => each !== item) : [...list, item]
  return (
    <Loaded query={roles} rows={1}>
      {(all) => (
        <div className={css.grants}>
          {grants.map((grant, at) => {
            const role = all.find(({ id }) => id === grant.roleId)
            const single = singleOf(grant.roleId)
            const things = single === 'SOURCE' ? sources : single === 'DESTINATION' ? destinations : []
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: a line has nothing else to be known by.
              <fieldset key={at} className={css.grant} aria-label={`Permission ${at + 1}`}>
                <div className={css.role}>
                  <Select
                    label="Role"
                    hint={role?.description}
                    value={grant.roleId}
                    onChange={(event) => set(at, { roleId: event.target.value, resources: [], labels: [] })}
                  >
                    {all.map(({ id, name }) => (
                      <option key={id} value={id}>
                        {name}
                      </option>
                    ))}
                  </Select>
                  {grants.length > 1 && (
                    <Button
                      small
                      aria-label={`Remove permission ${at + 1}`}
                      onClick={() => onChange(grants.filter((_, place) => place !== at))}
                    >
                      Remove
                    </Button>
                  )}
                </div>
                {single && (
                  <fieldset className={css.on}>
                    <legend>On</legend>
                    <Check
                      type="radio"
                      name={`on-${at}`}
                      label={`all ${single === 'SOURCE' ? 'sources' : 'destinations'}, also later ones`}
                      checked={grant.resources.length === 0}
                      onChange={() => set(at, { resources: [] })}
                    />
                    <Check
                      type="radio"
                      name={`on-${at}`}
                      label="only these"
                      disabled={things.length === 0}
                      checked={grant.resources.length > 0}
                      onChange={() => set(at, { resources: things.slice(0, 1).map(({ id }) => id) })}
                    />
                    {grant.resources.length > 0 && (
                      <div className={css.things}>
                        {things.map(({ id, name }) => (
                          <Check
                            key={id}
                            label={name}
                            checked={grant.resources.includes(id)}
                            onChange={() => set(at, { resources: toggle(grant.resources, id) })}
                          />
                        ))}
                      </div>
                    )}
                  </fieldset>
                )}
                {single === 'SOURCE' && labels.length > 0 && (
                  <fieldset className={css.on}>
                    <legend>Only with all of these labels</legend>
                    <div className={css.things}>
                      {labels.map(({ key, value }) => (
                        <Check
                          key={`${key}:${value}`}
                          label={`${key}:${value}`}
                          checked={grant.labels.includes(`${key}:${value}`)}
                          onChange={() => set(at, { labels: toggle(grant.labels, `${key}:${value}`) })}
                        />
                      ))}
                    </div>
                  </fieldset>
                )}
              </fieldset>
            )
          })}
          <Button
            small
            onClick={() => onChange([...grants, { roleId: 'source_read_only', resources: [], labels: [] }])}
          >
            Add another role
          </Button>
        </div>
      )}
    </Loaded>
  )
}
