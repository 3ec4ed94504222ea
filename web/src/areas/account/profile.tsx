import { useQuery, useQueryClient } from '@tanstack/react-query'
import { api, read } from '../../api/client'
import { accountQuery } from '../../api/queries'
import { Button } from '../../kit/button'
import { Actions, Form, Summary, TextField } from '../../kit/fields'
import { useApiForm } from '../../kit/form'
import { Body, PageHead, useTitle } from '../../kit/page'
import { toast } from '../../kit/toast'

/** Name and address. */
export function Profile() {
  useTitle('Profile')
  const account = useQuery(accountQuery).data
  const client = useQueryClient()
  const form = useApiForm({
    values: { name: account?.name ?? '' },
    send: async (body) => {
      await read(api.PATCH('/account', { body }))
      await client.invalidateQueries({ queryKey: ['account'] })
      toast('Saved')
    },
  })
  return (
    <>
      <PageHead title="Profile" sub={account?.email} />
      <Body>
        <Form onSubmit={form.submit}>
          <Summary faults={form.faults} />
          <TextField
            label="Your name"
            autoComplete="name"
            error={form.errors.name?.message}
            {...form.register('name')}
          />
          <Actions>
            <Button type="submit" look="primary" busy={form.busy}>
              Save
            </Button>
          </Actions>
        </Form>
      </Body>
    </>
  )
}
