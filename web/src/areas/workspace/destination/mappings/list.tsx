import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { api, inWorkspace, read } from '../../../../api/client'
import { LinkButton } from '../../../../kit/button'
import { Loaded } from '../../../../kit/loaded'
import { Body, Empty, Muted, Note, Section, useTitle } from '../../../../kit/page'
import { toastRefusal } from '../../../../kit/refusal'
import { Switch } from '../../../../kit/switch'
import { Name, Table } from '../../../../kit/table'
import { Time } from '../../../../kit/time'
import { toast } from '../../../../kit/toast'
import { destinationQuery, useRefusal } from '../data'
import { MOST, mappingsKey, mappingsQuery } from './data'
import css from './mappings.module.css'
import { fieldsOf, type Mapping, makesInWords } from './words'

/** What of a message goes where in what a destination is sent. */
export function DestinationMappings() {
  const { ws, destination: id } = getRouteApi('/w/$ws/destinations/$destination').useParams()
  const client = useQueryClient()
  const destination = useQuery(destinationQuery(ws, id)).data?.destination
  const mappings = useQuery(mappingsQuery(ws, id))
  const refused = useRefusal(ws, destination?.sourceId)
  useTitle('Mappings', destination?.name, ws)
  const turn = useMutation({
    mutationFn: async ({ mapping, enabled }: { mapping: Mapping; enabled: boolean }) => {
      const params = { path: { destinationId: id, subscriptionId: mapping.id }, header: inWorkspace(ws) }
      const body = { input: { enabled } }
      await read(api.PATCH('/destinations/{destinationId}/subscriptions/{subscriptionId}', { params, body }))
    },
    onSuccess: async (_, { mapping, enabled }) => {
      await client.invalidateQueries({ queryKey: mappingsKey(ws, id) })
      toast(`${mapping.name} is ${enabled ? 'on' : 'off'}`)
    },
    onError: toastRefusal,
  })
  if (!destination) return null
  const { actions } = destination.metadata
  const actionOf = ({ actionSlug }: Mapping) => actions.find(({ slug }) => slug === actionSlug)
  const make = !refused && (mappings.data?.length ?? 0) < MOST && (
    <LinkButton
      look="primary"
      to="/w/$ws/destinations/$destination/mappings/new"
      params={{ ws, destination: id }}
    >
      New mapping
    </LinkButton>
  )
  return (
    <Body>
      <Loaded query={mappings}>
        {(mappings) =>
          mappings.length === 0 ? (
            <Empty title="No mappings">
              <p>
                Every message goes as the settings say. A mapping says what of a message goes where, and for
                which messages. From the first mapping on, a message for which none holds is not sent.
              </p>
              {make}
            </Empty>
          ) : (
            <Section
              title="Mappings"
              sub={`A message goes as the first mapping says that is on and whose trigger holds for it. One for which none holds is not sent. Filters come before. At most ${MOST}.`}
              actions={make}
            >
              {mappings.every(({ enabled }) => !enabled) && (
                <Note tone="warn">
                  All mappings are off, so no message is sent. Switch one on, or delete them all to send
                  messages as the settings say.
                </Note>
              )}
              <Table<Mapping>
                label="Mappings"
                rows={mappings}
                id={({ id }) => id}
                columns={[
                  {
                    head: 'on',
                    cell: (mapping) => (
                      <Switch
                        on={mapping.enabled}
                        what={`Mapping ${mapping.name}`}
                        busy={turn.isPending && turn.variables?.mapping.id === mapping.id}
                        disabled={!!refused}
                        onChange={(enabled) => turn.mutate({ mapping, enabled })}
                      />
                    ),
                  },
                  { head: 'order', number: true, cell: (mapping) => mappings.indexOf(mapping) + 1 },
                  {
                    head: 'mapping',
                    cell: (mapping) => (
                      <Name below={actionOf(mapping)?.name ?? mapping.actionSlug}>
                        <Link
                          to="/w/$ws/destinations/$destination/mappings/$mapping"
                          params={{ ws, destination: id, mapping: mapping.id }}
                        >
                          {mapping.name}
                        </Link>
                      </Name>
                    ),
                  },
                  {
                    head: 'trigger',
                    cell: ({ trigger }) => <code className={css.fql}>{trigger}</code>,
                  },
                  {
                    head: 'gets',
                    cell: (mapping) => (
                      <span className={css.gets}>
                        {makesInWords(
                          fieldsOf(actionOf(mapping)),
                          mapping.settings as Record<string, unknown>,
                        )}
                      </span>
                    ),
                  },
                  {
                    head: 'changed',
                    cell: ({ updatedAt }) => (
                      <Muted>
                        <Time at={updatedAt} />
                      </Muted>
                    ),
                  },
                ]}
              />
            </Section>
          )
        }
      </Loaded>
    </Body>
  )
}
