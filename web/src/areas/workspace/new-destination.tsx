import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure, api, inWorkspace, read, type Shapes } from '../../api/client'
import { Button, LinkButton } from '../../kit/button'
import { Actions, Form, Select, Summary, TextField } from '../../kit/fields'
import { useApiForm } from '../../kit/form'
import { Loaded } from '../../kit/loaded'
import { Logo } from '../../kit/logo'
import { draftOf, OptionFields, settingsOf } from '../../kit/options-form'
import { Body, Columns, Empty, PageHead, useTitle } from '../../kit/page'
import { toast } from '../../kit/toast'
import {
  allDestinationsQuery,
  allSourcesQuery,
  destinationEntryQuery,
  firstLine,
  freeName,
} from '../catalog/entries'
import { Found } from '../catalog/found'

/** Connects a destination of the catalog to a source. */
export function NewDestination() {
  const { ws, definition } = getRouteApi('/w/$ws/destinations/new/$definition').useParams()
  const entry = useQuery(destinationEntryQuery(definition))
  const sources = useQuery(allSourcesQuery(ws))
  const destinations = useQuery(allDestinationsQuery(ws))
  useTitle(entry.data && `Add ${entry.data.name}`, ws)
  return (
    <Found
      query={entry}
      catalog={
        <Link to="/w/$ws/catalog" params={{ ws }} search={{ kind: 'destinations' }}>
          Look in the catalog
        </Link>
      }
    >
      {(entry) => (
        <>
          <PageHead
            mark={<Logo name={entry.name} src={entry.logos.mark ?? entry.logos.default} />}
            title={`Add ${entry.name}`}
            sub={firstLine(entry.description)}
          />
          <Body>
            <Loaded query={sources}>
              {(sources) => (
                <Loaded query={destinations}>
                  {(destinations) =>
                    sources.length === 0 ? (
                      <Empty title="There is no source to connect it to">
                        <p>A destination delivers what one source receives, so the source comes first.</p>
                        <LinkButton look="primary" to="/w/$ws/catalog" params={{ ws }}>
                          Add source
                        </LinkButton>
                      </Empty>
                    ) : (
                      <Connect ws={ws} entry={entry} sources={sources} destinations={destinations} />
                    )
                  }
                </Loaded>
              )}
            </Loaded>
          </Body>
        </>
      )}
    </Found>
  )
}

function Connect({
  ws,
  entry,
  sources,
  destinations,
}: {
  ws: string
  entry: Shapes['DestinationMetadata']
  sources: Shapes['SourceView'][]
  destinations: Shapes['DestinationView'][]
}) {
  const { source: asked } = getRouteApi('/w/$ws/destinations/new/$definition').useSearch()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [draft, setDraft] = useState(() => draftOf(entry.options))
  const [nameTyped, setNameTyped] = useState(false)
  const freeAt = (slug: string) => {
    const source = sources.find((one) => one.slug === slug)
    return freeName(
      entry.name,
      destinations.filter((one) => one.sourceId === source?.id),
    ).name
  }
  const chosen = sources.find((one) => one.slug === asked) ?? (sources.length === 1 ? sources[0] : undefined)
  const form = useApiForm({
    values: { sourceId: chosen?.slug ?? '', name: freeAt(chosen?.slug ?? '') },
    send: async ({ sourceId, name }) => {
      const { settings, faults } = settingsOf(entry.options, draft)
      if (faults.length > 0) throw new ApiFailure(422, faults, null)
      const { destination } = await read(
        api.POST('/destinations', {
          params: { header: inWorkspace(ws) },
          body: { sourceId, metadataId: entry.id, name, settings, enabled: false },
        }),
      )
      await client.invalidateQueries({ queryKey: ['w', ws, 'destinations'] })
      toast(`${destination.name} is added; it is off until you enable it`)
      await navigate({
        to: '/w/$ws/destinations/$destination/overview',
        params: { ws, destination: destination.id },
      })
    },
  })
  const source = sources.find((one) => one.slug === form.watch('sourceId'))
  return (
    <Columns
      side={
        <>
          <h2>What happens next</h2>
          <ol style={{ listStyle: 'decimal', paddingInlineStart: 20 }}>
            <li>The destination is made, switched off. Nothing is sent yet.</li>
            <li>You look over its settings and enable it.</li>
            <li>
              From then on every message that {source ? source.name : 'the source'} receives is delivered, and
              retried while the receiver is down.
            </li>
          </ol>
        </>
      }
    >
      <Form onSubmit={form.submit}>
        <Summary faults={form.faults} />
        <Select
          label="Source"
          hint="Which source feeds it. This cannot be changed later."
          error={form.errors.sourceId?.message}
          {...form.register('sourceId', {
            required: 'Choose the source that feeds it.',
            onChange: (event) => {
              if (!nameTyped) form.setValue('name', freeAt(event.target.value))
            },
          })}
        >
          <option value="">Choose a source</option>
          {sources.map((one) => (
            <option key={one.id} value={one.slug}>
              {one.name} ({one.slug})
            </option>
          ))}
        </Select>
        <TextField
          label="Name"
          maxLength={60}
          hint="Unique among the destinations of its source."
          error={form.errors.name?.message}
          {...form.register('name', {
            required: 'A name is needed.',
            onChange: () => setNameTyped(true),
          })}
        />
        <OptionFields options={entry.options} draft={draft} onChange={setDraft} faults={form.faults} />
        <Actions>
          <Button type="submit" look="primary" busy={form.busy}>
            Add destination
          </Button>
          {asked ? (
            <Link to="/w/$ws/sources/$source/destinations" params={{ ws, source: asked }}>
              Cancel
            </Link>
          ) : (
            <Link to="/w/$ws/catalog" params={{ ws }} search={{ kind: 'destinations' }}>
              Cancel
            </Link>
          )}
        </Actions>
      </Form>
    </Columns>
  )
}
