import { useQuery } from '@tanstack/react-query'
import { api, read } from '../api/client'
import { accountQuery } from '../api/queries'
import { Button } from '../kit/button'
import { Dialog } from '../kit/dialog'
import { Actions, Form, Summary, TextField } from '../kit/fields'
import { useApiForm } from '../kit/form'
import { answer } from './proof'

/** Asks for the password once more. */
export function ProofDialog() {
  const account = useQuery(accountQuery).data
  const form = useApiForm({
    values: { password: '', code: '' },
    send: async ({ password, code }) => {
      await read(api.POST('/sessions/current/proof', { body: { password, code: code || null } }))
      answer(true)
    },
  })
  return (
    <Dialog title="Show that it is you" open onClose={() => answer(false)}>
      <p>This needs your password once more: it was last asked for more than ten minutes ago.</p>
      <Form onSubmit={form.submit}>
        <Summary faults={form.faults} />
        <TextField
          label="Password"
          type="password"
          autoComplete="current-password"
          autoFocus
          error={form.errors.password?.message}
          {...form.register('password', { required: 'Your password is needed.' })}
        />
        {account?.secondFactor && (
          <TextField
            label="Code of your second factor"
            hint="Six digits from your app, or one of your recovery codes."
            autoComplete="one-time-code"
            mono
            error={form.errors.code?.message}
            {...form.register('code', { required: 'A code is needed.' })}
          />
        )}
        <Actions>
          <Button type="submit" look="primary" busy={form.busy}>
            Continue
          </Button>
          <Button onClick={() => answer(false)}>Cancel</Button>
        </Actions>
      </Form>
    </Dialog>
  )
}
