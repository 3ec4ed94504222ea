import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiFailure, api, inWorkspace, readTagged } from '../../../api/client'
import { Button } from '../../../kit/button'
import { Actions, Form, Summary, TextField } from '../../../kit/fields'
import { count, duration } from '../../../kit/figures'
import { useApiForm } from '../../../kit/form'
import { Section } from '../../../kit/page'
import { toast } from '../../../kit/toast'
import { ChangedMeanwhile, useVersion } from '../changed'
import { type Delivery, type Destination, destinationQuery } from './data'

const paceOf = ({ ratePerSecond, concurrency, retryForHours }: Destination) => ({
  ratePerSecond: ratePerSecond ?? null,
  concurrency: concurrency ?? null,
  retryForHours: retryForHours ?? null,
})
const typedOf = (destination: Destination) => {
  const { ratePerSecond, concurrency, retryForHours } = paceOf(destination)
  const typed = (value: number | null) => (value === null ? '' : String(value))
  return {
    ratePerSecond: typed(ratePerSecond),
    concurrency: typed(concurrency),
    retryForHours: typed(retryForHours),
  }
}
const numberOf = (typed: string) => (typed.trim() === '' ? null : Number(typed))
/** Whether a number is one that the API takes, or what it takes. */
const within = (least: number, most: number) => (typed: string) => {
  const number = numberOf(typed)
  if (number === null) return true
  if (Number.isInteger(number) && number >= least && number <= most) return true
  return `This is not a whole number from ${count(least)} to ${count(most)}. Leave it empty for the installation's own.`
}

/** How fast a destination is sent messages, and how long what it did not take is tried again. */
export function Pace({
  ws,
  destination,
  etag,
  delivery,
  refused,
}: {
  ws: string
  destination: Destination
  etag: string
  /** What holds now, the installation's own included. */
  delivery: Delivery | undefined
  refused: boolean
}) {
  const client = useQueryClient()
  const version = useVersion(paceOf(destination), etag)
  const [changed, setChanged] = useState(false)
  const form = useApiForm({
    values: typedOf(destination),
    send: async ({ ratePerSecond, concurrency, retryForHours }) => {
      try {
        const { value, etag: next } = await readTagged(
          api.PATCH('/destinations/{destinationId}', {
            params: {
              path: { destinationId: destination.id },
              header: { ...inWorkspace(ws), 'If-Match': version.seen() },
            },
            body: {
              ratePerSecond: numberOf(ratePerSecond),
              concurrency: numberOf(concurrency),
              retryForHours: numberOf(retryForHours),
            },
          }),
        )
        version.adopt(paceOf(value.destination), next)
        await client.invalidateQueries({ queryKey: ['w', ws, 'destinations'] })
        toast('The pace is saved')
      } catch (error) {
        if (!(error instanceof ApiFailure && error.status === 412)) throw error
        setChanged(true)
      }
    },
  })
  const latest = async () => {
    const found = await client.fetchQuery({ ...destinationQuery(ws, destination.id), staleTime: 0 })
    version.adopt(paceOf(found.destination), found.etag)
    setChanged(false)
    return found.destination
  }
  const own = destination.retryForHours === null || destination.retryForHours === undefined
  return (
    <Section
      title="Pace"
      sub="How fast it is sent messages, and how long what it did not take is tried again. Left empty, this installation's own holds."
    >
      <Form onSubmit={form.submit}>
        <Summary faults={form.faults} />
        {changed && (
          <ChangedMeanwhile
            load={async () => form.reset(typedOf(await latest()))}
            keep={async () => void (await latest())}
          />
        )}
        <TextField
          label="Attempts a second"
          inputMode="numeric"
          autoComplete="off"
          optional
          readOnly={refused}
          hint="At most, retries among them: for a receiver that counts its calls. Empty: as many as it takes."
          error={form.errors.ratePerSecond?.message}
          {...form.register('ratePerSecond', { validate: within(1, 100_000) })}
        />
        <TextField
          label="Requests at one time"
          inputMode="numeric"
          autoComplete="off"
          optional
          readOnly={refused}
          hint="At most so many are on their way together. Empty: 8."
          error={form.errors.concurrency?.message}
          {...form.register('concurrency', { validate: within(1, 1000) })}
        />
        <TextField
          label="Hours of retrying"
          inputMode="numeric"
          autoComplete="off"
          optional
          readOnly={refused}
          hint={`How long a message that it did not take is tried again before it is a dead letter, 4 to 720. Empty: as long as this installation does${own && delivery ? `, which is ${duration(delivery.retryFor * 1000)}` : ''}.`}
          error={form.errors.retryForHours?.message}
          {...form.register('retryForHours', { validate: within(4, 720) })}
        />
        <Actions>
          <Button type="submit" busy={form.busy} disabled={refused}>
            Save pace
          </Button>
        </Actions>
      </Form>
    </Section>
  )
}
