import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { ApiFailure, api, inWorkspace, read, type Shapes } from '../../api/client'
import { workspaceQuery } from '../../api/queries'
import { Button } from '../../kit/button'
import { Actions, Form, Select, Summary, TextField } from '../../kit/fields'
import { useApiForm } from '../../kit/form'
import { draftOf, OptionFields, settingsOf } from '../../kit/options-form'
import { toast } from '../../kit/toast'
import { labelsQuery } from '../workspace/data'
import { freeName, slugOf } from './entries'
import css from './entry.module.css'

/** Makes a source of a catalog entry in one workspace, and goes on to it. */
export function AddSource({
  ws,
  entry,
  sources,
  onClose,
}: {
  ws: string
  entry: Shapes['SourceMetadata']
  sources: Shapes['SourceView'][]
  onClose: () => void
}) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const workspace = useQuery(workspaceQuery(ws)).data?.workspace
  const labels = useQuery(labelsQuery(ws)).data
  const [draft, setDraft] = useState(() => draftOf(entry.options))
  const [chosen, setChosen] = useState<Record<string, string>>({})
  const [slugTyped, setSlugTyped] = useState(false)
  const free = freeName(entry.name, sources)
  const form = useApiForm({
    values: free,
    send: async ({ name, slug }) => {
      const { settings, faults } = settingsOf(entry.options, draft)
      if (faults.length > 0) throw new ApiFailure(422, faults, null)
      const body = {
        metadataId: entry.id,
        name,
        slug,
        settings: entry.options.length > 0 ? settings : null,
        labels: Object.entries(chosen)
          .filter(([, value]) => value)
          .map(([key, value]) => ({ key, value })),
      }
      const { source } = await read(api.POST('/sources', { params: { header: inWorkspace(ws) }, body }))
      await client.invalidateQueries({ queryKey: ['w', ws, 'sources'] })
      toast(`${source.name} is added and takes events from now on`)
      await navigate({ to: '/w/$ws/sources/$source/overview', params: { ws, source: source.slug } })
    },
  })
  const slug = form.watch('slug')
  const taken = sources.some((one) => one.slug === slug)
  const keys = [...new Set((labels ?? []).map(({ key }) => key))]

  return (
    <Form onSubmit={form.submit}>
      <Summary faults={form.faults} />
      <TextField
        label="Name"
        hint="How the source is called in this workspace."
        autoFocus
        maxLength={60}
        count={{ text: form.watch('name'), most: 60 }}
        error={form.errors.name?.message}
        {...form.register('name', {
          required: 'A name is needed.',
          onChange: (event) => {
            if (!slugTyped) form.setValue('slug', slugOf(event.target.value))
          },
        })}
      />
      <TextField
        label="Slug"
        mono
        spellCheck={false}
        error={
          form.errors.slug?.message ??
          (taken ? `Taken here. ${freeName(slug, sources).slug} is free.` : undefined)
        }
        hint={
          <>
            Its name in addresses:{' '}
            <code>
              /w/{ws}/sources/{slug || '…'}
            </code>
          </>
        }
        {...form.register('slug', {
          required: 'A slug is needed.',
          onChange: () => setSlugTyped(true),
        })}
      />
      <OptionFields options={entry.options} draft={draft} onChange={setDraft} faults={form.faults} />
      {keys.map((key) => (
        <Select
          key={key}
          label={`Label: ${key}`}
          optional
          value={chosen[key] ?? ''}
          onChange={(event) => setChosen({ ...chosen, [key]: event.target.value })}
        >
          <option value="">None</option>
          {labels
            ?.filter((label) => label.key === key)
            .map(({ value, description }) => (
              <option key={value} value={value}>
                {description && description.toLowerCase() !== value ? `${value} (${description})` : value}
              </option>
            ))}
        </Select>
      ))}
      <div>
        <p>This creates in {workspace?.name ?? ws}:</p>
        <ul className={css.will}>
          <li>one source, enabled at once</li>
          <li>one write key for it, to paste into {entry.isCloudEventSource ? entry.name : 'your code'}</li>
          <li>no destination: you connect those afterwards</li>
        </ul>
      </div>
      <Actions>
        <Button type="submit" look="primary" busy={form.busy}>
          Add source
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </Actions>
    </Form>
  )
}

/** The sources of a workspace that were made of an entry. */
export function AddedSources({ ws, sources }: { ws: string; sources: Shapes['SourceView'][] }) {
  return (
    <ul className={css.list}>
      {sources.map((source) => (
        <li key={source.id}>
          <Link to="/w/$ws/sources/$source/overview" params={{ ws, source: source.slug }}>
            {source.name}
          </Link>{' '}
          {!source.enabled && '(off)'}
        </li>
      ))}
    </ul>
  )
}
