import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, inWorkspace, read } from '../../../api/client'
import { Button } from '../../../kit/button'
import { save } from '../../../kit/csv'
import { Dialog } from '../../../kit/dialog'
import { Actions, Check, Group } from '../../../kit/fields'
import { Problem } from '../../../kit/loaded'
import { Muted } from '../../../kit/page'
import { toast } from '../../../kit/toast'

const TYPES = [
  ['TRACK', 'Events', 'A row for each event and each of its properties; pages and screens are among them.'],
  ['IDENTIFY', 'Traits of people', 'A row for each trait of identify calls.'],
  ['GROUP', 'Traits of groups', 'A row for each trait of group calls.'],
] as const

/** Downloads what a source sends as a table, as the API writes it. */
export function SchemaExport({ ws, source }: { ws: string; source: string }) {
  const [open, setOpen] = useState(false)
  const [type, setType] = useState<string>('TRACK')
  const [days, setDays] = useState(7)
  const load = useMutation({
    mutationFn: async () => {
      const answer = api.GET('/sources/{sourceId}/schema/export', {
        params: { path: { sourceId: source }, query: { type, days }, header: inWorkspace(ws) },
        parseAs: 'blob',
      })
      const file = (await read(answer)) as unknown as Blob
      const { headers } = (await answer).response
      const name = /filename="([^"]+)"/.exec(headers.get('content-disposition') ?? '')?.[1]
      save(name ?? `${ws}-${source}-${type.toLowerCase()}.csv`, file)
      return headers.get('x-schema-complete') !== 'false'
    },
    onSuccess: (complete) => {
      setOpen(false)
      toast(complete ? 'The table is saved' : 'The table is saved; it is of the newest 20,000 messages only')
    },
  })
  return (
    <>
      <Button onClick={() => setOpen(true)}>Download CSV…</Button>
      <Dialog title="Download what the source sends" open={open} onClose={() => setOpen(false)}>
        <form
          style={{ display: 'contents' }}
          onSubmit={(event) => {
            event.preventDefault()
            if (!load.isPending) load.mutate()
          }}
        >
          <Group legend="Of what">
            {TYPES.map(([value, label, hint]) => (
              <Check
                key={value}
                type="radio"
                name="type"
                label={label}
                hint={hint}
                checked={type === value}
                onChange={() => setType(value)}
              />
            ))}
          </Group>
          <Group legend="Received in">
            {[7, 30].map((value) => (
              <Check
                key={value}
                type="radio"
                name="days"
                label={`the last ${value} days`}
                checked={days === value}
                onChange={() => setDays(value)}
              />
            ))}
          </Group>
          <p>
            <Muted>Names and counts, never values. What is searched for on the page does not matter.</Muted>
          </p>
          {load.error && <Problem error={load.error} />}
          <Actions>
            <Button type="submit" look="primary" busy={load.isPending}>
              Download
            </Button>
            <Button onClick={() => setOpen(false)}>Cancel</Button>
          </Actions>
        </form>
      </Dialog>
    </>
  )
}
