import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure, api, type Fault, inWorkspace, read } from '../../../../api/client'
import { Button } from '../../../../kit/button'
import { Confirm } from '../../../../kit/dialog'
import { Actions, Check, Form, Group, Summary, sentence, TextField, told } from '../../../../kit/fields'
import { failureFaults } from '../../../../kit/form'
import { Loaded } from '../../../../kit/loaded'
import { Body, Columns, Note, Panel, Section, useTitle } from '../../../../kit/page'
import { toast } from '../../../../kit/toast'
import { ChangedMeanwhile } from '../../changed'
import { type Destination, destinationQuery, useRefusal } from '../data'
import { FQL_EXAMPLES, FqlField } from '../fql-field'
import { mappingQuery, mappingsKey, mappingsQuery, recentQuery } from './data'
import { FieldRow } from './field'
import { pathsOf } from './paths'
import { type Found, Preview } from './preview'
import { blankFor, type Draft, draftOf, fieldsOf, type Mapping, saidBy } from './words'

/** Makes a mapping. */
export function NewMapping() {
  const { ws, destination: id } = getRouteApi('/w/$ws/destinations/$destination').useParams()
  const destination = useQuery(destinationQuery(ws, id)).data?.destination
  useTitle('New mapping', destination?.name, ws)
  if (!destination) return null
  return (
    <Body>
      <Editor ws={ws} destination={destination} />
    </Body>
  )
}

/** Changes or deletes one. */
export function MappingPage() {
  const { ws, destination: id } = getRouteApi('/w/$ws/destinations/$destination').useParams()
  const { mapping } = getRouteApi('/w/$ws/destinations/$destination/mappings/$mapping').useParams()
  const destination = useQuery(destinationQuery(ws, id)).data?.destination
  const query = useQuery(mappingQuery(ws, id, mapping))
  const [generation, setGeneration] = useState(0)
  useTitle(query.data?.mapping.name ?? 'Mapping', destination?.name, ws)
  if (!destination) return null
  return (
    <Body>
      <Loaded query={query}>
        {({ mapping, etag }) => (
          <Editor
            key={`${mapping.id} ${generation}`}
            ws={ws}
            destination={destination}
            mapping={mapping}
            etag={etag}
            again={() => setGeneration(generation + 1)}
          />
        )}
      </Loaded>
    </Body>
  )
}

/** Faults of a change stand at the same places as those of something new. */
const placed = (error: unknown): Fault[] =>
  failureFaults(error).map((fault) => ({ ...fault, pointer: fault.pointer?.replace(/^\/input(?=\/)/, '') }))

function Editor({
  ws,
  destination,
  mapping,
  etag,
  again,
}: {
  ws: string
  destination: Destination
  mapping?: Mapping
  etag?: string
  /** Begins anew with what the server has. */
  again?: () => void
}) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const refused = useRefusal(ws, destination.sourceId)
  const { actions } = destination.metadata
  const others = useQuery(mappingsQuery(ws, destination.id)).data
  const [version, setVersion] = useState(etag)
  const [draft, setDraft] = useState<Draft>(() => draftOf(actions, mapping))
  const [faults, setFaults] = useState<Fault[]>([])
  const [changed, setChanged] = useState(false)
  const action = actions.find(({ slug }) => slug === draft.action)
  const recent = useQuery({
    ...recentQuery(ws, destination.id, action),
    enabled: action !== undefined && !refused,
  }).data
  const path = { destinationId: destination.id }
  const set = (part: Partial<Draft>) => {
    setFaults([])
    preview.reset()
    setDraft({ ...draft, ...part })
  }
  const leave = async () => {
    await client.invalidateQueries({ queryKey: mappingsKey(ws, destination.id) })
    await navigate({
      to: '/w/$ws/destinations/$destination/mappings',
      params: { ws, destination: destination.id },
    })
  }
  const said = () => {
    const { settings, faults } = saidBy(draft)
    if (faults.length > 0) throw new ApiFailure(422, faults, null)
    return { trigger: draft.trigger, settings }
  }
  const save = useMutation({
    mutationFn: async () => {
      const input = { name: draft.name, ...said() }
      if (!mapping) {
        const params = { path, header: inWorkspace(ws) }
        const body = { ...input, actionId: draft.action, enabled: true }
        await read(api.POST('/destinations/{destinationId}/subscriptions', { params, body }))
        return
      }
      const params = {
        path: { ...path, subscriptionId: mapping.id },
        header: { ...inWorkspace(ws), 'If-Match': version },
      }
      const body = { input }
      await read(api.PATCH('/destinations/{destinationId}/subscriptions/{subscriptionId}', { params, body }))
    },
    onSuccess: async () => {
      toast(mapping ? 'Saved' : `${draft.name} maps from now on`)
      if (mapping) client.removeQueries({ queryKey: [...mappingsKey(ws, destination.id), mapping.id] })
      await leave()
    },
    onError: (error) => {
      if (error instanceof ApiFailure && error.status === 412) setChanged(true)
      else setFaults(placed(error))
    },
  })
  const preview = useMutation({
    mutationFn: async (): Promise<Found> => {
      const params = { path, header: inWorkspace(ws) }
      const body = { actionId: draft.action, ...said() }
      return await read(api.POST('/destinations/{destinationId}/subscriptions/preview', { params, body }))
    },
    onMutate: () => setFaults([]),
    onError: (error) => setFaults(placed(error)),
  })
  const latest = () =>
    client.fetchQuery({ ...mappingQuery(ws, destination.id, mapping?.id ?? ''), staleTime: 0 })
  // Of those that the trigger is for, where that was looked at.
  const paths = pathsOf(preview.data?.samples.map(({ before }) => before) ?? recent ?? [])
  const at = (pointer: string) => faults.find((fault) => fault.pointer === pointer)
  const inField = (key: string) =>
    faults.find(({ pointer }) => pointer === `/settings/${key}` || pointer?.startsWith(`/settings/${key}/`))
  const fields = fieldsOf(action)
  const rest = faults.filter(
    (fault) =>
      !['/name', '/trigger'].includes(fault.pointer ?? '') &&
      !fields.some(({ fieldKey }) => inField(fieldKey) === fault),
  )
  const look = refused ? undefined : () => preview.mutate()
  return (
    <Columns side={<Preview found={preview.data} look={look} busy={preview.isPending} />}>
      <Section title={mapping ? mapping.name : 'New mapping'}>
        {!mapping && others?.length === 0 && (
          <Note tone="warn">
            Until now every message goes as the settings say. From this mapping on, a message for which it
            does not hold is not sent.
          </Note>
        )}
        <Panel>
          <Form
            onSubmit={(event) => {
              event.preventDefault()
              if (!save.isPending) save.mutate()
            }}
          >
            <Summary faults={rest} />
            {changed && (
              <ChangedMeanwhile
                load={async () => {
                  await latest()
                  again?.()
                }}
                keep={async () => {
                  setVersion((await latest()).etag)
                  setChanged(false)
                  toast('Save again to put yours over theirs')
                }}
              />
            )}
            <TextField
              label="Name"
              maxLength={64}
              autoComplete="off"
              value={draft.name}
              error={at('/name') && told(at('/name')!)}
              onChange={({ target }) => set({ name: target.value })}
            />
            {actions.length > 1 && !mapping && (
              <Group legend="What is done" boxed>
                {actions.map((each) => (
                  <Check
                    key={each.slug}
                    type="radio"
                    name="action"
                    label={each.name}
                    hint={each.description}
                    checked={draft.action === each.slug}
                    onChange={() => set(blankFor(each))}
                  />
                ))}
              </Group>
            )}
            {(actions.length === 1 || mapping) && action && (
              <p>
                <strong>{action.name}.</strong> {sentence(action.description)}
              </p>
            )}
            <FqlField
              label="Trigger"
              hint={<>Which messages it is about, in FQL: {FQL_EXAMPLES}</>}
              value={draft.trigger}
              fault={at('/trigger')}
              onChange={(trigger) => set({ trigger })}
            />
            {fields.map((field) => {
              const fault = inField(field.fieldKey)
              return (
                <FieldRow
                  key={field.fieldKey}
                  field={field}
                  row={draft.rows[field.fieldKey] ?? { way: 'none', typed: '' }}
                  paths={paths}
                  error={fault && told({ ...fault, expected: undefined })}
                  onChange={(row) => set({ rows: { ...draft.rows, [field.fieldKey]: row } })}
                />
              )
            })}
            <Actions>
              <Button type="submit" look="primary" busy={save.isPending} disabled={!!refused} title={refused}>
                {mapping ? 'Save' : 'Create mapping'}
              </Button>
              <Button busy={preview.isPending} disabled={!!refused} title={refused} onClick={look}>
                Preview
              </Button>
              <Link
                to="/w/$ws/destinations/$destination/mappings"
                params={{ ws, destination: destination.id }}
              >
                All mappings
              </Link>
            </Actions>
          </Form>
        </Panel>
      </Section>
      {mapping && (
        <Delete ws={ws} mapping={mapping} last={others?.length === 1} refused={!!refused} leave={leave} />
      )}
    </Columns>
  )
}

function Delete({
  ws,
  mapping,
  last,
  refused,
  leave,
}: {
  ws: string
  mapping: Mapping
  /** Whether it is the only one. */
  last: boolean
  refused: boolean
  leave: () => Promise<void>
}) {
  const [asking, setAsking] = useState(false)
  return (
    <Section
      title="Delete"
      sub={
        last
          ? 'It is the only mapping: without it every message goes as the settings say again.'
          : 'Messages for which only this mapping holds are not sent without it.'
      }
    >
      <div>
        <Button look="danger" disabled={refused} onClick={() => setAsking(true)}>
          Delete mapping
        </Button>
      </div>
      <Confirm
        title={`Delete ${mapping.name}?`}
        open={asking}
        onClose={() => setAsking(false)}
        action="Delete"
        run={async () => {
          const path = { destinationId: mapping.destinationId, subscriptionId: mapping.id }
          const params = { path, header: inWorkspace(ws) }
          await read(api.DELETE('/destinations/{destinationId}/subscriptions/{subscriptionId}', { params }))
          toast(`${mapping.name} is deleted`)
          await leave()
        }}
      >
        <p>
          {last
            ? 'Every message goes as the settings say from now on.'
            : 'Messages for which only it holds are not sent from now on.'}
        </p>
      </Confirm>
    </Section>
  )
}
