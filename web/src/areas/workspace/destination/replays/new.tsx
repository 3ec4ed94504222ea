import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { useId, useState } from 'react'
import { ApiFailure, api, inWorkspace, read } from '../../../../api/client'
import { Button } from '../../../../kit/button'
import { Actions, Check, Form, Group, Input, Summary, TextField } from '../../../../kit/fields'
import { useApiForm } from '../../../../kit/form'
import { Body, Columns, useTitle } from '../../../../kit/page'
import { allSourcesQuery } from '../../../catalog/entries'
import { destinationQuery, useRefusal } from '../data'
import { replaysQuery } from './data'
import css from './replays.module.css'
import { STRETCHES, spanOf } from './words'

const CALLS = ['track', 'identify', 'page', 'screen', 'group', 'alias'] as const
/** Suggestions at a time, and events that a replay may name. */
const SHOWN = 8
const EVENTS = 100
const RATE = 1000

/** What the API would say, of what it is not asked. */
const refusal = (field: string, message: string) =>
  new ApiFailure(422, [{ type: 'input-validation', code: 'invalid', message, pointer: `/${field}` }], null)

/** Says what is to be sent again. It is counted before anything is sent. */
export function NewReplay() {
  const { ws, destination: id } = getRouteApi('/w/$ws/destinations/$destination').useParams()
  const client = useQueryClient()
  const navigate = useNavigate()
  const destination = useQuery(destinationQuery(ws, id)).data?.destination
  const source = useQuery(allSourcesQuery(ws)).data?.find((one) => one.id === destination?.sourceId)
  const refused = useRefusal(ws, destination?.sourceId)
  const [types, setTypes] = useState<string[]>([])
  const [events, setEvents] = useState<string[]>([])
  useTitle('New replay', destination?.name, ws)
  const form = useApiForm({
    values: { stretch: '24h', from: '', to: '', userId: '', anonymousId: '', perSecond: String(RATE) },
    send: async ({ userId, anonymousId, perSecond, ...typed }) => {
      const span = spanOf(typed, Date.now())
      if ('fault' in span) throw refusal(span.fault.field, span.fault.message)
      const rate = Number(perSecond.trim() || RATE)
      if (!Number.isInteger(rate)) throw refusal('perSecond', 'this is not a whole number')
      const { replay } = await read(
        api.POST('/destinations/{destinationId}/replays', {
          params: { path: { destinationId: id }, header: inWorkspace(ws) },
          body: {
            ...span,
            types,
            events,
            userId: userId.trim() || undefined,
            anonymousId: anonymousId.trim() || undefined,
            perSecond: rate,
          },
        }),
      )
      await client.invalidateQueries(replaysQuery(ws, id))
      await navigate({
        to: '/w/$ws/destinations/$destination/replays/$replay',
        params: { ws, destination: id, replay: replay.id },
      })
    },
  })
  if (!destination) return null
  const custom = form.watch('stretch') === 'custom'
  return (
    <Body>
      <Columns
        side={
          <>
            <h2>What happens next</h2>
            <ol className={css.next}>
              <li>What fits is counted: how many messages, how large, how long it takes. Nothing is sent.</li>
              <li>You start it, or leave it.</li>
              <li>It runs beside the usual delivery, also while the destination is off. You can pause it.</li>
            </ol>
            <p className={css.quiet}>
              What the source discarded is not replayed. Filters and a message’s own integrations hold as
              ever. A destination that does not know a message by its messageId takes it for a new one.
            </p>
          </>
        }
      >
        <Form onSubmit={form.submit}>
          <Summary faults={form.faults} />
          <Group legend="Received in">
            <div className={css.choices}>
              {[...Object.entries(STRETCHES), ['custom', { label: 'From … to …' }] as const].map(
                ([word, { label }]) => (
                  <Check key={word} type="radio" value={word} label={label} {...form.register('stretch')} />
                ),
              )}
            </div>
            {custom && (
              <div className={css.pair}>
                <TextField
                  label="From"
                  type="datetime-local"
                  error={form.errors.from?.message}
                  {...form.register('from')}
                />
                <TextField
                  label="To"
                  type="datetime-local"
                  optional
                  hint="Now, when left empty."
                  error={form.errors.to?.message}
                  {...form.register('to')}
                />
              </div>
            )}
          </Group>
          <Group legend="Calls" hint="All of them, when none is chosen.">
            <div className={css.choices}>
              {CALLS.map((call) => (
                <Check
                  key={call}
                  label={call}
                  checked={types.includes(call)}
                  onChange={({ target }) =>
                    setTypes(target.checked ? [...types, call] : types.filter((one) => one !== call))
                  }
                />
              ))}
            </div>
          </Group>
          <Events ws={ws} source={source?.slug} chosen={events} onChange={setEvents} />
          <div className={css.pair}>
            <TextField
              label="User ID"
              mono
              optional
              hint="Only of this person."
              error={form.errors.userId?.message}
              {...form.register('userId')}
            />
            <TextField
              label="Anonymous ID"
              mono
              optional
              hint="Only of this device."
              error={form.errors.anonymousId?.message}
              {...form.register('anonymousId')}
            />
          </div>
          <TextField
            label="Messages a second"
            inputMode="numeric"
            hint="At most. Choose fewer where the receiver is slow or counts its calls."
            error={form.errors.perSecond?.message}
            {...form.register('perSecond')}
          />
          <Actions>
            <Button type="submit" look="primary" busy={form.busy} disabled={!!refused}>
              Count messages
            </Button>
            <Link to="/w/$ws/destinations/$destination/replays" params={{ ws, destination: id }}>
              Cancel
            </Link>
          </Actions>
        </Form>
      </Columns>
    </Body>
  )
}

/** Names of events, of those that the source was seen to send, or typed. */
function Events({
  ws,
  source,
  chosen,
  onChange,
}: {
  ws: string
  source: string | undefined
  chosen: string[]
  onChange: (events: string[]) => void
}) {
  const id = useId()
  const [text, setText] = useState('')
  const seen = useQuery({
    queryKey: ['w', ws, 'sources', source, 'schema', 'names'],
    enabled: source !== undefined,
    staleTime: 60_000,
    queryFn: async () => {
      const params = { path: { sourceId: source! }, query: { messages: 5000 }, header: inWorkspace(ws) }
      try {
        const { events } = await read(api.GET('/sources/{sourceId}/schema', { params }))
        const named = events.flatMap(({ type, name, accepted }) =>
          type === 'track' && name && accepted > 0 ? [{ name, accepted }] : [],
        )
        return named.sort((one, other) => other.accepted - one.accepted).map(({ name }) => name)
      } catch (error) {
        // It only suggests: names can be typed without it.
        if (error instanceof ApiFailure) return []
        throw error
      }
    },
  }).data
  const wanted = text.trim().toLowerCase()
  const suggested = (seen ?? [])
    .filter((name) => !chosen.includes(name) && name.toLowerCase().includes(wanted))
    .slice(0, SHOWN)
  const add = (name: string) => {
    if (name && !chosen.includes(name) && chosen.length < EVENTS) onChange([...chosen, name])
    setText('')
  }
  return (
    <Group legend="Events" hint="Only these, by their exact names. All of them, when none is chosen.">
      {chosen.length > 0 && (
        <ul className={css.chips} aria-label="Chosen events">
          {chosen.map((name) => (
            <li key={name} className={css.chosen}>
              {name}
              <button
                type="button"
                aria-label={`Leave out ${name}`}
                onClick={() => onChange(chosen.filter((one) => one !== name))}
              >
                ✕
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className={css.add}>
        <Input
          id={id}
          aria-label="Name of an event"
          placeholder="Name of an event"
          value={text}
          onChange={({ target }) => setText(target.value)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return
            event.preventDefault()
            add(text.trim())
          }}
        />
        <Button onClick={() => add(text.trim())}>Add event</Button>
      </div>
      {suggested.length > 0 && (
        <ul className={css.chips} aria-label="Events of the source">
          {suggested.map((name) => (
            <li key={name}>
              <Button small onClick={() => add(name)}>
                + {name}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </Group>
  )
}
