import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure, api, inWorkspace, readTagged } from '../../../../api/client'
import { Button } from '../../../../kit/button'
import { Actions, Form, Summary, TextField } from '../../../../kit/fields'
import { useApiForm } from '../../../../kit/form'
import { Panel, Section } from '../../../../kit/page'
import { toast } from '../../../../kit/toast'
import { ChangedMeanwhile, useVersion } from '../../changed'
import { SOURCE_ADMINS_ONLY, sourceQuery } from '../../data'
import { mayAdminister, type Source } from '../source'

/** What it is called, and its name in addresses. */
export function NameAndSlug({ ws, source, etag }: { ws: string; source: Source; etag: string }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const may = mayAdminister(source)
  const version = useVersion([source.name, source.slug], etag)
  const [changed, setChanged] = useState(false)
  const form = useApiForm({
    values: { name: source.name, slug: source.slug },
    send: async (values) => {
      try {
        const { value, etag: next } = await readTagged(
          api.PATCH('/sources/{sourceId}', {
            params: {
              path: { sourceId: source.slug },
              header: { ...inWorkspace(ws), 'If-Match': version.seen() },
            },
            body: values,
          }),
        )
        version.adopt([value.source.name, value.source.slug], next)
        if (value.source.slug !== source.slug) {
          await navigate({
            to: '/w/$ws/sources/$source/settings',
            params: { ws, source: value.source.slug },
            replace: true,
          })
        }
        await client.invalidateQueries({ queryKey: ['w', ws, 'sources'] })
        toast('The source is saved')
      } catch (error) {
        if (!(error instanceof ApiFailure && error.status === 412)) throw error
        setChanged(true)
      }
    },
  })
  const latest = async () => {
    const found = await client.fetchQuery({ ...sourceQuery(ws, source.slug), staleTime: 0 })
    version.adopt([found.source.name, found.source.slug], found.etag)
    setChanged(false)
    return found.source
  }
  return (
    <Section title="Name">
      <Panel>
        <Form onSubmit={form.submit}>
          <Summary faults={form.faults} />
          {changed && (
            <ChangedMeanwhile
              load={async () => {
                const { name, slug } = await latest()
                form.reset({ name, slug })
              }}
              keep={async () => void (await latest())}
            />
          )}
          <TextField
            label="Name"
            readOnly={!may}
            error={form.errors.name?.message}
            {...form.register('name', { required: 'A name is needed.' })}
          />
          <TextField
            label="Slug"
            mono
            readOnly={!may}
            hint="Used in addresses. Links to the old one stop working; write keys and the source ID stay."
            error={form.errors.slug?.message}
            {...form.register('slug', { required: 'A slug is needed.' })}
          />
          <Actions>
            <Button
              type="submit"
              busy={form.busy}
              disabled={!may}
              title={may ? undefined : SOURCE_ADMINS_ONLY}
            >
              Save name
            </Button>
          </Actions>
        </Form>
      </Panel>
    </Section>
  )
}
