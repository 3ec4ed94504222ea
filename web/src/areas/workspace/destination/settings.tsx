import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure, api, inWorkspace, read } from '../../../api/client'
import { Button } from '../../../kit/button'
import { Confirm } from '../../../kit/dialog'
import { Actions, Form, Summary, TextField } from '../../../kit/fields'
import { count } from '../../../kit/figures'
import { useApiForm } from '../../../kit/form'
import { draftOf, OptionFields, type Settings, settingsOf } from '../../../kit/options-form'
import { Body, Note, Section, useTitle } from '../../../kit/page'
import { Switch } from '../../../kit/switch'
import { toast } from '../../../kit/toast'
import { ConnectionTrial, trialFaults, useConnectionTrial } from './connection'
import { type Destination, deliveryQuery, destinationQuery, useRefusal, useSwitch } from './data'
import { Pace } from './pace'

/** Name, settings, on and off, and the end of one destination. */
export function DestinationSettings() {
  const { ws, destination: id } = getRouteApi('/w/$ws/destinations/$destination').useParams()
  const query = useQuery(destinationQuery(ws, id))
  const [generation, setGeneration] = useState(0)
  const delivery = useQuery(deliveryQuery(ws, id)).data
  const turn = useSwitch(ws)
  const refused = !!useRefusal(ws, query.data?.destination.sourceId)
  useTitle('Settings', query.data?.destination.name, ws)
  if (!query.data) return null
  const { destination, etag } = query.data
  return (
    <Body>
      <Section title="Settings">
        {/* Another generation begins anew with what the server has. */}
        <SettingsForm
          key={generation}
          ws={ws}
          destination={destination}
          etag={etag}
          refused={refused}
          onSaved={() => setGeneration(generation + 1)}
        />
      </Section>
      <Pace
        key={`pace ${destination.id}`}
        ws={ws}
        destination={destination}
        etag={etag}
        delivery={delivery}
        refused={refused}
      />
      <Section
        title="Delivery"
        sub="Off, it is sent nothing, and what comes meanwhile is not kept for it. What waited before is delivered once it is on again."
      >
        <div>
          <Switch
            on={destination.enabled}
            what={`Deliver to ${destination.name}, in settings`}
            busy={turn.isPending}
            disabled={refused}
            onChange={(enabled) => turn.mutate({ destination, enabled })}
          />
        </div>
      </Section>
      <Delete ws={ws} destination={destination} refused={refused} />
    </Body>
  )
}

function SettingsForm({
  ws,
  destination,
  etag,
  refused,
  onSaved,
}: {
  ws: string
  destination: Destination
  etag: string
  refused: boolean
  onSaved: () => void
}) {
  const client = useQueryClient()
  const { options } = destination.metadata
  // What this form began with, however often the server is asked meanwhile.
  const [before] = useState(destination)
  const [version, setVersion] = useState(etag)
  const settings = before.settings as Settings
  const [draft, setDraft] = useState(() => draftOf(options, settings))
  const [overtaken, setOvertaken] = useState(false)
  const params = { path: { destinationId: destination.id } }
  const form = useApiForm({
    values: { name: before.name },
    send: async ({ name }) => {
      const { settings: wanted, faults } = settingsOf(options, draft, settings)
      if (faults.length > 0) throw new ApiFailure(422, faults, null)
      try {
        await read(
          api.PATCH('/destinations/{destinationId}', {
            params: { ...params, header: { ...inWorkspace(ws), 'If-Match': version } },
            body: { name, settings: wanted },
          }),
        )
      } catch (error) {
        if (error instanceof ApiFailure && error.status === 412) return setOvertaken(true)
        throw error
      }
      await client.invalidateQueries({ queryKey: ['w', ws, 'destinations'] })
      toast('Saved')
      onSaved()
    },
  })
  const trial = useConnectionTrial(ws, destination.id, () => settingsOf(options, draft, settings))
  const latest = () => client.fetchQuery({ ...destinationQuery(ws, destination.id), staleTime: 0 })
  return (
    <Form onSubmit={form.submit}>
      <Summary faults={form.faults} />
      {overtaken && (
        <Note tone="warn">
          <span>
            Somebody else changed this destination while you were typing. Nothing of yours is saved yet, and
            nothing is lost.
          </span>
          <Button
            small
            onClick={async () => {
              setVersion((await latest()).etag)
              setOvertaken(false)
              toast('Save again to put yours over theirs')
            }}
          >
            Keep mine
          </Button>
          <Button
            small
            onClick={async () => {
              await latest()
              onSaved()
            }}
          >
            Load theirs
          </Button>
        </Note>
      )}
      <TextField
        label="Name"
        maxLength={60}
        hint="Unique among the destinations of its source; a message may name it in its integrations object."
        error={form.errors.name?.message}
        {...form.register('name', { required: 'A name is needed.' })}
      />
      <OptionFields
        options={options}
        draft={draft}
        onChange={(draft) => {
          // What was found is about settings that are no longer those here.
          trial.reset()
          setDraft(draft)
        }}
        faults={[...form.faults, ...trialFaults(trial.error)]}
        before={settings}
      />
      <Actions>
        <Button type="submit" look="primary" busy={form.busy} disabled={refused}>
          Save
        </Button>
        <Button busy={trial.isPending} disabled={refused} onClick={() => trial.mutate()}>
          Test connection
        </Button>
      </Actions>
      <ConnectionTrial ws={ws} destination={destination.id} trial={trial} />
    </Form>
  )
}

function Delete({ ws, destination, refused }: { ws: string; destination: Destination; refused: boolean }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const delivery = useQuery(deliveryQuery(ws, destination.id)).data
  const [asking, setAsking] = useState(false)
  const held = (delivery?.pending ?? 0) + (delivery?.exhausted ?? 0)
  return (
    <Section title="Delete" sub="The destination is gone for good, with its settings.">
      <div>
        <Button look="danger" disabled={refused} onClick={() => setAsking(true)}>
          Delete destination
        </Button>
      </div>
      <Confirm
        title={`Delete ${destination.name}?`}
        open={asking}
        onClose={() => setAsking(false)}
        action="Delete"
        typed={destination.name}
        run={async () => {
          const params = { path: { destinationId: destination.id }, header: inWorkspace(ws) }
          await read(api.DELETE('/destinations/{destinationId}', { params }))
          await navigate({ to: '/w/$ws/destinations', params: { ws } })
          client.removeQueries({ queryKey: ['w', ws, 'destinations', destination.id] })
          await client.invalidateQueries({ queryKey: ['w', ws, 'destinations'] })
          toast(`${destination.name} is deleted`)
        }}
      >
        <p>
          Nothing is sent to it any more.{' '}
          {held > 0 ? `${count(held)} messages that wait or were given up will not be delivered. ` : ''}
          Nothing brings it back.
        </p>
      </Confirm>
    </Section>
  )
}
