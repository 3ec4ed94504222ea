import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import type { Fault } from '../../../api/client'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { Confirm, Dialog } from '../../../kit/dialog'
import { Actions, Check, Select, Summary, TextArea, TextField, toldHere } from '../../../kit/fields'
import { count, plural } from '../../../kit/figures'
import { failureFaults } from '../../../kit/form'
import { Body, Empty, Muted, Section, useTitle } from '../../../kit/page'
import { toastRefusal } from '../../../kit/refusal'
import { Name, Table } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import { type DeclaredEvent, integrationQuery } from '../data'
import { editable } from '../fields'
import { PlaceLink } from '../place-link'
import css from '../portal.module.css'
import { eventKey, proposals, withProposal } from './arrivals'
import { GLYPHS, KINDS, PROPERTY_TYPES } from './choices'
import { useDraft } from './draft-context'
import { useEdited } from './edited'
import { useArrivals, useInstalls } from './installs'

const titleOf = (event: { kind: string; name: string }) => event.name || event.kind

/** The events that the source sends. */
export function DeclaredEvents() {
  const { slug } = getRouteApi('/dev-portal/integrations/$slug').useParams()
  useTitle('Events', slug)
  const { integration } = useQuery(integrationQuery(slug)).data!
  const { info, save } = useDraft()
  const { installs } = useInstalls(slug)
  const arrived = useArrivals(slug, installs.data)
  const frozen = !editable(integration.status)
  const events = info.events ?? []
  const { edited, setEdited, removed, setRemoved, close } = useEdited(events, '/events')

  const learned = arrived ? proposals(events, arrived) : []
  const take = async (made: DeclaredEvent[], words: string) => {
    try {
      await save({ events: made })
      toast(words)
    } catch (error) {
      toastRefusal(error)
    }
  }
  return (
    <Body>
      <Section
        title={plural(events.length, 'declared event')}
        sub="Customers read these before they add your source, and tracking plans begin from them."
        actions={
          <Button look="primary" disabled={frozen} data-field="/events" onClick={() => setEdited('new')}>
            Add event
          </Button>
        }
      >
        {events.length === 0 ? (
          <Empty title="No events are declared yet">
            <p>
              Add them by hand, or let them be learned from what arrives in a test workspace: they are
              proposed below as soon as they are seen.
            </p>
          </Empty>
        ) : (
          <Table
            label="Declared events"
            rows={events.map((event, at) => ({ event, at }))}
            id={({ event }) => eventKey(event)}
            columns={[
              {
                head: 'event',
                cell: ({ event }) => (
                  <span className={css.event}>
                    <span aria-hidden style={{ color: `var(--${event.kind})` }}>
                      {GLYPHS[event.kind]}
                    </span>
                    <Name below={event.name && event.kind}>{titleOf(event)}</Name>
                  </span>
                ),
              },
              {
                head: 'description',
                cell: ({ event }) =>
                  event.description || (
                    <Badge tone="warn" glyph="!">
                      not described
                    </Badge>
                  ),
              },
              { head: 'properties', number: true, cell: ({ event }) => count(event.properties?.length ?? 0) },
              {
                head: 'arrived',
                cell: ({ event }) => {
                  const seen = arrived?.find((each) => eventKey(each) === eventKey(event))
                  return seen ? (
                    <span className={css.nowrap}>
                      <span className={css.free}>✓</span> <Time at={seen.lastAt} />
                    </span>
                  ) : (
                    arrived && <Muted>not yet</Muted>
                  )
                },
              },
              {
                head: '',
                cell: ({ event, at }) => (
                  <span className={css.buttons}>
                    <Button
                      small
                      disabled={frozen}
                      aria-label={`Edit ${titleOf(event)}`}
                      onClick={() => setEdited(at)}
                    >
                      Edit
                    </Button>
                    <Button
                      small
                      look="quiet"
                      disabled={frozen}
                      aria-label={`Remove ${titleOf(event)}`}
                      onClick={() => setRemoved(at)}
                    >
                      Remove
                    </Button>
                  </span>
                ),
              },
            ]}
          />
        )}
      </Section>
      <Section
        title="Learn from what arrived"
        sub="Events and properties that arrived in your test workspaces and are not declared."
        actions={
          learned.length > 1 && (
            <Button
              small
              disabled={frozen}
              onClick={() => {
                const all = arrived!.reduce((made, arrival) => {
                  const one = proposals(made, [arrival])[0]
                  return one ? withProposal(made, one) : made
                }, events)
                void take(all, `${plural(learned.length, 'event')} taken over; now describe them`)
              }}
            >
              Add all
            </Button>
          )
        }
      >
        {installs.data?.length === 0 ? (
          <p>
            <Muted>Nothing can arrive yet.</Muted>{' '}
            <PlaceLink slug={slug} place={{ tab: 'settings' }}>
              Add it to a workspace
            </PlaceLink>
          </p>
        ) : learned.length === 0 ? (
          <p>
            <Muted>
              {arrived && arrived.length > 0
                ? 'Everything that arrived is declared.'
                : 'Nothing has arrived yet. This page looks again every few seconds.'}
            </Muted>
          </p>
        ) : (
          <Table
            label="Not declared"
            rows={learned}
            id={({ arrival }) => eventKey(arrival)}
            columns={[
              {
                head: 'event',
                cell: ({ arrival }) => (
                  <span className={css.event}>
                    <span aria-hidden style={{ color: `var(--${arrival.kind})` }}>
                      {GLYPHS[arrival.kind]}
                    </span>
                    <Name below={arrival.name && arrival.kind}>{titleOf(arrival)}</Name>
                  </span>
                ),
              },
              {
                head: 'what is new',
                cell: ({ known, properties }) => (
                  <span>
                    {known ? 'properties ' : `the event${properties.length > 0 ? ', with ' : ''}`}
                    {properties.map(({ name, type }, at) => (
                      <span key={name}>
                        {at > 0 && ', '}
                        <code>{name}</code> <Muted>{type}</Muted>
                      </span>
                    ))}
                  </span>
                ),
              },
              { head: 'seen', cell: ({ arrival }) => <Time at={arrival.lastAt} /> },
              {
                head: '',
                cell: (proposal) => (
                  <Button
                    small
                    disabled={frozen}
                    aria-label={`Add ${titleOf(proposal.arrival)}`}
                    onClick={() =>
                      void take(
                        withProposal(events, proposal),
                        proposal.known
                          ? `${titleOf(proposal.arrival)} has the new properties`
                          : `${titleOf(proposal.arrival)} is declared; now describe it`,
                      )
                    }
                  >
                    Add
                  </Button>
                ),
              },
            ]}
          />
        )}
      </Section>
      <Dialog
        title={edited === 'new' ? 'Add event' : 'Edit event'}
        open={edited !== null}
        onClose={close}
        wide
      >
        {edited !== null && (
          <EventForm
            key={edited}
            event={edited === 'new' ? undefined : events[edited]}
            at={edited === 'new' ? events.length : edited}
            onClose={close}
            onSave={async (event) => {
              const made =
                edited === 'new'
                  ? [...events, event]
                  : events.map((each, place) => (place === edited ? event : each))
              await save({ events: made })
              toast(`${titleOf(event)} is saved`)
              close()
            }}
          />
        )}
      </Dialog>
      <Confirm
        title={`Remove ${removed !== null && events[removed] ? titleOf(events[removed]) : 'the event'}?`}
        open={removed !== null}
        onClose={() => setRemoved(null)}
        action="Remove event"
        run={async () => {
          await save({ events: events.filter((_, at) => at !== removed) })
          toast('The event is removed')
        }}
      >
        <p>It is no longer declared; what arrives is kept all the same.</p>
      </Confirm>
    </Body>
  )
}

type Property = DeclaredEvent['properties'][number]
type Row = Property & { id: number }

function EventForm({
  event,
  at,
  onSave,
  onClose,
}: {
  event: DeclaredEvent | undefined
  at: number
  onSave: (event: DeclaredEvent) => Promise<void>
  onClose: () => void
}) {
  const [kind, setKind] = useState(event?.kind ?? 'track')
  const [name, setName] = useState(event?.name ?? '')
  const [description, setDescription] = useState(event?.description ?? '')
  const [rows, setRows] = useState<Row[]>(() =>
    (event?.properties ?? []).map((property, id) => ({ ...property, id })),
  )
  const [faults, setFaults] = useState<Fault[]>([])
  const [busy, setBusy] = useState(false)
  const named = kind === 'track' || kind === 'page' || kind === 'screen'
  const base = `/events/${at}`
  const error = (pointer: string) => {
    const fault = faults.find((each) => each.pointer === base + pointer)
    return fault && toldHere(fault)
  }
  const shown = new Set([
    `${base}/name`,
    `${base}/kind`,
    `${base}/description`,
    ...rows.flatMap((_, row) =>
      ['name', 'type', 'description'].map((part) => `${base}/properties/${row}/${part}`),
    ),
  ])
  const set = (id: number, part: Partial<Property>) =>
    setRows(rows.map((row) => (row.id === id ? { ...row, ...part } : row)))
  const word = kind === 'identify' || kind === 'group' ? 'trait' : 'property'
  return (
    <form
      className={css.fieldset}
      noValidate
      onSubmit={async (submit) => {
        submit.preventDefault()
        setBusy(true)
        setFaults([])
        try {
          await onSave({
            kind,
            name: named ? name.trim() : '',
            description: description.trim() || null,
            properties: rows.map(({ id: _, ...property }) => ({
              ...property,
              description: property.description || null,
            })),
          })
        } catch (failure) {
          setFaults(failureFaults(failure))
        } finally {
          setBusy(false)
        }
      }}
    >
      <Summary faults={faults.filter((fault) => !shown.has(fault.pointer ?? ''))} />
      <div className={css.pair}>
        <Select
          label="Call"
          value={kind}
          error={error('/kind')}
          onChange={(change) => setKind(change.target.value)}
        >
          {KINDS.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </Select>
        {named && (
          <TextField
            label="Name"
            autoFocus
            optional={kind !== 'track'}
            hint={kind === 'track' ? 'In Proper Case, what was done: "Email Opened".' : undefined}
            value={name}
            error={error('/name')}
            onChange={(change) => setName(change.target.value)}
          />
        )}
      </div>
      <TextArea
        label="Description"
        rows={2}
        style={{ minBlockSize: 60 }}
        hint="When it is sent."
        value={description}
        error={error('/description')}
        onChange={(change) => setDescription(change.target.value)}
      />
      <fieldset className={css.properties}>
        <legend className={css.label}>{word === 'trait' ? 'Traits' : 'Properties'}</legend>
        {rows.map((row, place) => (
          <div key={row.id} className={css.property}>
            <TextField
              label="Name"
              mono
              value={row.name}
              error={error(`/properties/${place}/name`)}
              onChange={(change) => set(row.id, { name: change.target.value })}
            />
            <Select
              label="Type"
              value={row.type}
              error={error(`/properties/${place}/type`)}
              onChange={(change) => set(row.id, { type: change.target.value as Property['type'] })}
            >
              {PROPERTY_TYPES.map((type) => (
                <option key={type}>{type}</option>
              ))}
            </Select>
            <TextField
              label="Description"
              value={row.description ?? ''}
              error={error(`/properties/${place}/description`)}
              onChange={(change) => set(row.id, { description: change.target.value })}
            />
            <Check
              label="Required"
              checked={row.required}
              onChange={(change) => set(row.id, { required: change.target.checked })}
            />
            <Button
              look="quiet"
              aria-label={`Remove ${word} ${row.name}`}
              onClick={() => setRows(rows.filter((each) => each.id !== row.id))}
            >
              ✕
            </Button>
          </div>
        ))}
        <div>
          <Button
            small
            onClick={() =>
              setRows([
                ...rows,
                {
                  id: Math.max(0, ...rows.map(({ id }) => id)) + 1,
                  name: '',
                  type: 'string',
                  required: false,
                  description: null,
                },
              ])
            }
          >
            Add {word}
          </Button>
        </div>
      </fieldset>
      <Actions>
        <Button type="submit" look="primary" busy={busy}>
          Save event
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </Actions>
    </form>
  )
}
