import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, type Fault, inWorkspace, read } from '../../../../api/client'
import { Button } from '../../../../kit/button'
import { Confirm } from '../../../../kit/dialog'
import { Actions, Check, Form, Group, Summary, sentence, TextField, told } from '../../../../kit/fields'
import { failureFaults } from '../../../../kit/form'
import { Loaded } from '../../../../kit/loaded'
import { Body, Columns, Panel, Section, useTitle } from '../../../../kit/page'
import { toast } from '../../../../kit/toast'
import { type Destination, destinationQuery, useRefusal } from '../data'
import { FQL_EXAMPLES, FqlField } from '../fql-field'
import { filterQuery, filtersKey } from './data'
import { type Found, Preview } from './preview'
import { Steps } from './steps'
import { type Doing, type Draft, draftOf, type Filter, OPENS, saidBy } from './words'

/** Makes a filter. */
export function NewFilter() {
  const { ws, destination: id } = getRouteApi('/w/$ws/destinations/$destination').useParams()
  const destination = useQuery(destinationQuery(ws, id)).data?.destination
  useTitle('New filter', destination?.name, ws)
  if (!destination) return null
  return (
    <Body>
      <Editor ws={ws} destination={destination} />
    </Body>
  )
}

/** Changes or deletes one. */
export function FilterPage() {
  const { ws, destination: id } = getRouteApi('/w/$ws/destinations/$destination').useParams()
  const { filter } = getRouteApi('/w/$ws/destinations/$destination/filters/$filter').useParams()
  const destination = useQuery(destinationQuery(ws, id)).data?.destination
  const query = useQuery(filterQuery(ws, id, filter))
  useTitle(query.data?.filter.title ?? 'Filter', destination?.name, ws)
  if (!destination) return null
  return (
    <Body>
      <Loaded query={query}>
        {({ filter, etag }) => (
          <Editor key={filter.id} ws={ws} destination={destination} filter={filter} etag={etag} />
        )}
      </Loaded>
    </Body>
  )
}

const DOINGS: [Doing, string][] = [
  ['drop', 'Do not send them'],
  ['only', 'Send only them'],
  ['change', 'Send a share of them, or change them'],
]

/** Faults of a preview stand at the same places as those of what is saved. */
const placed = (error: unknown): Fault[] =>
  failureFaults(error).map((fault) => ({ ...fault, pointer: fault.pointer?.replace(/^\/filter(?=\/)/, '') }))

function Editor({
  ws,
  destination,
  filter,
  etag,
}: {
  ws: string
  destination: Destination
  filter?: Filter
  etag?: string
}) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const refused = !!useRefusal(ws, destination.sourceId)
  const [version] = useState(etag)
  const [draft, setDraft] = useState<Draft>(() => draftOf(filter))
  const [faults, setFaults] = useState<Fault[]>([])
  const path = { destinationId: destination.id }
  const set = (changed: Partial<Draft>) => {
    setFaults([])
    preview.reset()
    setDraft({ ...draft, ...changed })
  }
  const leave = async () => {
    await client.invalidateQueries({ queryKey: filtersKey(ws, destination.id) })
    await navigate({
      to: '/w/$ws/destinations/$destination/filters',
      params: { ws, destination: destination.id },
    })
  }
  const save = useMutation({
    mutationFn: async () => {
      const { title, description } = draft
      const said = { title, description, ...saidBy(draft) }
      if (!filter) {
        const body = { ...said, sourceId: destination.sourceId, enabled: true }
        const params = { path, header: inWorkspace(ws) }
        return await read(api.POST('/destination/{destinationId}/filters', { params, body }))
      }
      const params = {
        path: { ...path, filterId: filter.id },
        header: { ...inWorkspace(ws), 'If-Match': version },
      }
      return await read(api.PATCH('/destination/{destinationId}/filters/{filterId}', { params, body: said }))
    },
    onSuccess: async () => {
      toast(filter ? 'Saved' : `${draft.title} filters from now on`)
      if (filter) client.removeQueries({ queryKey: [...filtersKey(ws, destination.id), filter.id] })
      await leave()
    },
    onError: (error) => setFaults(placed(error)),
  })
  const preview = useMutation({
    mutationFn: async (): Promise<Found> => {
      const params = { path, header: inWorkspace(ws) }
      const body = { filter: saidBy(draft), filterId: filter?.id }
      return await read(api.POST('/destination/{destinationId}/filters/preview', { params, body }))
    },
    onMutate: () => setFaults([]),
    onError: (error) => setFaults(placed(error)),
  })
  const at = (pointer: string) => faults.find((fault) => fault.pointer === pointer)
  const rest = faults.filter(
    ({ pointer }) =>
      !['/if', '/title', '/description'].includes(pointer ?? '') &&
      !(draft.doing === 'change' && /^\/actions\/\d/.test(pointer ?? '')),
  )
  return (
    <Columns side={<Preview found={preview.data} look={() => preview.mutate()} busy={preview.isPending} />}>
      <Section title={filter ? filter.title : 'New filter'}>
        <Panel>
          <Form
            onSubmit={(event) => {
              event.preventDefault()
              if (!save.isPending) save.mutate()
            }}
          >
            <Summary faults={rest} />
            <TextField
              label="Title"
              maxLength={64}
              autoComplete="off"
              value={draft.title}
              error={at('/title') && told(at('/title')!)}
              onChange={({ target }) => set({ title: target.value })}
            />
            <TextField
              label="Description"
              optional
              maxLength={500}
              autoComplete="off"
              value={draft.description}
              error={at('/description') && told(at('/description')!)}
              onChange={({ target }) => set({ description: target.value })}
            />
            <FqlField
              label="If"
              hint={<>Which messages it is about, in FQL: {FQL_EXAMPLES}</>}
              value={draft.condition}
              fault={at('/if')}
              prefixed={draft.doing === 'only' ? OPENS.length : 0}
              onChange={(condition) => set({ condition })}
            />
            <Group legend="What becomes of them" boxed>
              {DOINGS.map(([doing, label]) => (
                <Check
                  key={doing}
                  type="radio"
                  name="doing"
                  label={label}
                  checked={draft.doing === doing}
                  onChange={() => set({ doing })}
                />
              ))}
            </Group>
            {draft.doing === 'change' && (
              <Steps steps={draft.steps} faults={faults} onChange={(steps) => set({ steps })} />
            )}
            <Actions>
              <Button type="submit" look="primary" busy={save.isPending} disabled={refused}>
                {filter ? 'Save' : 'Create filter'}
              </Button>
              <Button busy={preview.isPending} disabled={refused} onClick={() => preview.mutate()}>
                Preview
              </Button>
              <Link
                to="/w/$ws/destinations/$destination/filters"
                params={{ ws, destination: destination.id }}
              >
                All filters
              </Link>
            </Actions>
          </Form>
        </Panel>
      </Section>
      {filter && <Delete ws={ws} filter={filter} refused={refused} leave={leave} />}
    </Columns>
  )
}

function Delete({
  ws,
  filter,
  refused,
  leave,
}: {
  ws: string
  filter: Filter
  refused: boolean
  leave: () => Promise<void>
}) {
  const [asking, setAsking] = useState(false)
  return (
    <Section title="Delete" sub="What it kept back is not sent afterwards, unless you replay it.">
      <div>
        <Button look="danger" disabled={refused} onClick={() => setAsking(true)}>
          Delete filter
        </Button>
      </div>
      <Confirm
        title={`Delete ${filter.title}?`}
        open={asking}
        onClose={() => setAsking(false)}
        action="Delete"
        run={async () => {
          const path = { destinationId: filter.destinationId, filterId: filter.id }
          const params = { path, header: inWorkspace(ws) }
          await read(api.DELETE('/destination/{destinationId}/filters/{filterId}', { params }))
          toast(`${filter.title} is deleted`)
          await leave()
        }}
      >
        <p>{sentence('messages go to the destination without it from now on')}</p>
      </Confirm>
    </Section>
  )
}
