import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read, type Shapes } from '../../api/client'
import { accountQuery } from '../../api/queries'
import { Button } from '../../kit/button'
import { Id } from '../../kit/copy'
import { Confirm } from '../../kit/dialog'
import { Actions, Form, Summary, TextField } from '../../kit/fields'
import { useApiForm } from '../../kit/form'
import { Body, Note, PageHead, Pairs, Section, useTitle } from '../../kit/page'
import { Time } from '../../kit/time'
import { toast } from '../../kit/toast'
import { useProof } from '../../shell/proof'

/** Name and address, and the end of the account. */
export function Profile() {
  useTitle('Profile')
  const account = useQuery(accountQuery).data
  return (
    <>
      <PageHead title="Profile" sub={account?.email} />
      {account && (
        <Body>
          <NameForm account={account} />
          <Address account={account} />
          <Section title="About this account">
            <Pairs
              of={[
                ['Account ID', <Id key="id" value={account.id} what="account ID" whole />],
                ['Since', <Time key="since" at={account.createdAt} date />],
                ['Operator', account.operator ? 'Yes: you run this installation' : null],
              ]}
            />
          </Section>
          <Ending account={account} />
        </Body>
      )}
    </>
  )
}

type Account = Shapes['AccountView']

function NameForm({ account }: { account: Account }) {
  const client = useQueryClient()
  const form = useApiForm({
    values: { name: account.name },
    send: async (body) => {
      await read(api.PATCH('/account', { body }))
      await client.invalidateQueries({ queryKey: ['account'] })
      toast('Saved')
    },
  })
  return (
    <Form onSubmit={form.submit}>
      <Summary faults={form.faults} />
      <TextField
        label="Your name"
        hint="Members of your workspaces and of your partner team see it."
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
  )
}

function Address({ account }: { account: Account }) {
  const proved = useProof()
  const [sentTo, setSentTo] = useState<string>()
  const form = useApiForm({
    values: { email: '' },
    send: async (body) => {
      await proved(() => read(api.POST('/account/email', { body })))
      setSentTo(body.email)
      form.reset()
    },
  })
  return (
    <Section
      title="E-mail address"
      sub={
        <>
          You sign in as <strong>{account.email}</strong>, and our mails go there. A new address is in use
          once you have followed the link that we send to it.
        </>
      }
    >
      {sentTo && (
        <Note tone="ok">
          We have sent a mail to {sentTo}. Until its link is followed, {account.email} stays.
        </Note>
      )}
      <Form onSubmit={form.submit}>
        <Summary faults={form.faults} />
        <TextField
          label="New address"
          type="email"
          autoComplete="email"
          error={form.errors.email?.message}
          {...form.register('email', { required: 'The new address is needed.' })}
        />
        <Actions>
          <Button type="submit" busy={form.busy}>
            Change address
          </Button>
        </Actions>
      </Form>
    </Section>
  )
}

function Ending({ account }: { account: Account }) {
  const [open, setOpen] = useState(false)
  const proved = useProof()
  const client = useQueryClient()
  const router = useRouter()
  return (
    <Section
      title="Delete this account"
      sub="With your sessions, tokens and memberships. Workspaces that nobody else belongs to are deleted with it: their sources, keys and destinations stop at once."
    >
      <Actions>
        <Button look="danger" onClick={() => setOpen(true)}>
          Delete account…
        </Button>
      </Actions>
      <Confirm
        title="Delete your account?"
        open={open}
        onClose={() => setOpen(false)}
        action="Delete account"
        typed={account.email}
        run={async () => {
          await proved(() => read(api.DELETE('/account')))
          client.clear()
          await router.navigate({ to: '/login' })
          toast('Your account is deleted')
        }}
      >
        <p>
          You lose access to everything, and nothing brings the account back. Workspaces of yours alone end
          with it, and what is sent to them is refused from then on.
        </p>
      </Confirm>
    </Section>
  )
}
