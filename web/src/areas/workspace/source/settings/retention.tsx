import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiFailure, api, inWorkspace, readTagged } from '../../../../api/client'
import { Button } from '../../../../kit/button'
import { Actions, Form, Summary, TextField } from '../../../../kit/fields'
import { plural } from '../../../../kit/figures'
import { useApiForm } from '../../../../kit/form'
import { Panel, Section } from '../../../../kit/page'
import { toast } from '../../../../kit/toast'
import { ChangedMeanwhile, useVersion } from '../../changed'
import { SOURCE_ADMINS_ONLY, sourceQuery } from '../../data'
import { mayAdminister, type Source } from '../source'

/** How long what it receives can be looked at and replayed. */
export function Retention({ ws, source, etag }: { ws: string; source: Source; etag: string }) {
  const client = useQueryClient()
  const may = mayAdminister(source)
  const version = useVersion(source.retentionDays ?? null, etag)
  const [changed, setChanged] = useState(false)
  const form = useApiForm({
    values: { retentionDays: typedDays(source) },
    send: async ({ retentionDays }) => {
      try {
        const { value, etag: next } = await readTagged(
          api.PATCH('/sources/{sourceId}', {
            params: {
              path: { sourceId: source.slug },
              header: { ...inWorkspace(ws), 'If-Match': version.seen() },
            },
            body: { retentionDays: daysOf(retentionDays) },
          }),
        )
        version.adopt(value.source.retentionDays ?? null, next)
        await client.invalidateQueries({ queryKey: ['w', ws, 'sources'] })
        toast(
          value.source.retentionDays
            ? `Messages are kept for ${plural(value.source.retentionDays, 'day')}`
            : 'Messages are kept as long as all others',
        )
      } catch (error) {
        if (!(error instanceof ApiFailure && error.status === 412)) throw error
        setChanged(true)
      }
    },
  })
  const latest = async () => {
    const found = await client.fetchQuery({ ...sourceQuery(ws, source.slug), staleTime: 0 })
    version.adopt(found.source.retentionDays ?? null, found.etag)
    setChanged(false)
    return found.source
  }
  return (
    <Section title="Retention" sub="How long its messages can be seen in the Debugger, traced and replayed.">
      <Panel>
        <Form onSubmit={form.submit}>
          <Summary faults={form.faults} />
          {changed && (
            <ChangedMeanwhile
              load={async () => form.reset({ retentionDays: typedDays(await latest()) })}
              keep={async () => void (await latest())}
            />
          )}
          <TextField
            label="Days"
            inputMode="numeric"
            autoComplete="off"
            optional
            readOnly={!may}
            hint="Empty: as long as this installation keeps all others. With fewer days, older messages are erased soon after you save, for good."
            error={form.errors.retentionDays?.message}
            {...form.register('retentionDays', {
              validate: (typed) =>
                daysOf(typed) === null || Number.isInteger(daysOf(typed)) || 'This is not a whole number.',
            })}
          />
          <Actions>
            <Button
              type="submit"
              busy={form.busy}
              disabled={!may}
              title={may ? undefined : SOURCE_ADMINS_ONLY}
            >
              Save retention
            </Button>
          </Actions>
        </Form>
      </Panel>
    </Section>
  )
}

const typedDays = ({ retentionDays }: Source) => (retentionDays ? String(retentionDays) : '')
const daysOf = (typed: string) => (typed.trim() === '' ? null : Number(typed))
