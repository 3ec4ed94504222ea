import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, read, type Shapes } from '../../api/client'
import { Button } from '../../kit/button'
import { Code } from '../../kit/copy'
import { Confirm, Dialog } from '../../kit/dialog'
import { Actions, Form, Select, Summary, TextField } from '../../kit/fields'
import { useApiForm } from '../../kit/form'
import { Loaded } from '../../kit/loaded'
import { Body, Empty, Mono, Note, PageHead, useTitle } from '../../kit/page'
import { Name, Table } from '../../kit/table'
import { Time } from '../../kit/time'
import { toast } from '../../kit/toast'
import { useProof } from '../../shell/proof'

type Token = Shapes['PersonalTokenView']

/** Personal API tokens. */
export function PersonalTokens() {
  useTitle('Personal tokens')
  const client = useQueryClient()
  const [creating, setCreating] = useState(false)
  const [made, setMade] = useState<{ token: Token; secret: string }>()
  const [revoking, setRevoking] = useState<Token>()
  const list = useQuery({
    queryKey: ['account', 'tokens'],
    queryFn: async () => (await read(api.GET('/account/tokens'))).tokens,
  })
  const refresh = () => client.invalidateQueries({ queryKey: ['account', 'tokens'] })
  const create = (
    <Button look="primary" onClick={() => setCreating(true)}>
      Create token
    </Button>
  )
  return (
    <>
      <PageHead
        title="Personal tokens"
        sub={
          <>
            A token acts as you in the API, in every workspace of yours; it opens nothing that asks for the
            password. The API is described at <a href="/api/docs">/api/docs</a>.
          </>
        }
      >
        {list.data?.length !== 0 && create}
      </PageHead>
      <Body>
        {made && (
          <Note tone="warn">
            <div style={{ flex: '1 1 300px', minInlineSize: 0, display: 'grid', gap: 10 }}>
              <span>
                <strong>{made.token.description}</strong>: copy the token now. It is shown this once and
                nowhere else.
              </span>
              <Code text={made.secret} label="token" />
              <Actions>
                <Button small onClick={() => setMade(undefined)}>
                  I have kept it
                </Button>
              </Actions>
            </div>
          </Note>
        )}
        <Loaded query={list}>
          {(tokens) =>
            tokens.length === 0 ? (
              <Empty title="No tokens">
                <p>With a token, scripts and tools do through the API what you do here.</p>
                {create}
              </Empty>
            ) : (
              <Table
                label="Personal tokens"
                rows={tokens}
                id={(token) => token.id}
                columns={[
                  {
                    head: 'token',
                    cell: ({ description, hint }) => <Name below={hint}>{description}</Name>,
                  },
                  { head: 'created', cell: ({ createdAt }) => <Time at={createdAt} /> },
                  { head: 'last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
                  { head: 'ends', cell: ({ expiresAt }) => <Time at={expiresAt} date /> },
                  {
                    head: '',
                    cell: (token) => (
                      <Button small onClick={() => setRevoking(token)}>
                        Revoke…
                      </Button>
                    ),
                  },
                ]}
              />
            )
          }
        </Loaded>
      </Body>
      <Dialog title="Create a token" open={creating} onClose={() => setCreating(false)}>
        <NewToken
          cancel={() => setCreating(false)}
          created={async (answer) => {
            setCreating(false)
            setMade(answer)
            await refresh()
          }}
        />
      </Dialog>
      <Confirm
        title="Revoke this token?"
        open={!!revoking}
        onClose={() => setRevoking(undefined)}
        action="Revoke"
        run={async () => {
          if (!revoking) return
          await read(api.DELETE('/account/tokens/{tokenId}', { params: { path: { tokenId: revoking.id } } }))
          if (made?.token.id === revoking.id) setMade(undefined)
          await refresh()
          toast('The token is revoked')
        }}
      >
        <p>
          {revoking?.description} (<Mono>{revoking?.hint}</Mono>) is refused from the next request on. Last
          used: <Time at={revoking?.lastUsedAt} />.
        </p>
      </Confirm>
    </>
  )
}

function NewToken({
  created,
  cancel,
}: {
  created: (answer: { token: Token; secret: string }) => Promise<unknown>
  cancel: () => void
}) {
  const proved = useProof()
  const form = useApiForm({
    values: { description: '', expiresInDays: '90' },
    send: async ({ description, expiresInDays }) => {
      const body = { description, expiresInDays: expiresInDays ? Number(expiresInDays) : null }
      await created(await proved(() => read(api.POST('/account/tokens', { body }))))
    },
  })
  return (
    <Form onSubmit={form.submit}>
      <Summary faults={form.faults} />
      <TextField
        label="What it is for"
        autoFocus
        error={form.errors.description?.message}
        {...form.register('description', { required: 'Say what it is for: later you will want to know.' })}
      />
      <Select label="It ends" error={form.errors.expiresInDays?.message} {...form.register('expiresInDays')}>
        <option value="7">in 7 days</option>
        <option value="30">in 30 days</option>
        <option value="90">in 90 days</option>
        <option value="365">in a year</option>
        <option value="">never</option>
      </Select>
      <Actions>
        <Button type="submit" look="primary" busy={form.busy}>
          Create token
        </Button>
        <Button onClick={cancel}>Cancel</Button>
      </Actions>
    </Form>
  )
}
