import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { api, read } from '../../api/client'
import { workspacesQuery } from '../../api/queries'
import { Button } from '../../kit/button'
import { Actions, Form, Summary, TextField } from '../../kit/fields'
import { useApiForm } from '../../kit/form'
import { Card } from '../../shell/public'
import { Unverified } from './unverified'

/** A workspace of one's own. */
export function NewWorkspace() {
  const client = useQueryClient()
  const navigate = useNavigate()
  const form = useApiForm({
    values: { name: '', slug: '' },
    send: async ({ name, slug }) => {
      const { workspace } = await read(api.POST('/workspaces', { body: { name, slug: slug || null } }))
      await client.invalidateQueries({ queryKey: workspacesQuery.queryKey })
      await navigate({ to: '/w/$ws', params: { ws: workspace.slug } })
    },
  })
  return (
    <Card title="New workspace">
      <p>A workspace holds your sources, what they send, and the destinations it goes to.</p>
      <Unverified />
      <Form onSubmit={form.submit}>
        <Summary faults={form.faults} />
        <TextField
          label="Name"
          error={form.errors.name?.message}
          {...form.register('name', { required: 'A name is needed.' })}
        />
        <TextField
          label="Slug"
          optional
          mono
          hint="Used in addresses. Made from the name when left out."
          error={form.errors.slug?.message}
          {...form.register('slug')}
        />
        <Actions>
          <Button type="submit" look="primary" busy={form.busy}>
            Create workspace
          </Button>
        </Actions>
      </Form>
    </Card>
  )
}
