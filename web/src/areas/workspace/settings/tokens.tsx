import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { api, type Fault, inWorkspace, read, type Shapes } from '../../../api/client'
import { workspaceQuery } from '../../../api/queries'
import { Badge } from '../../../kit/badge'
import { Button } from '../../../kit/button'
import { Code } from '../../../kit/copy'
import { Confirm, Dialog } from '../../../kit/dialog'
import { Actions, Select, Summary, TextField, toldHere } from '../../../kit/fields'
import { failureFaults } from '../../../kit/form'
import { Loaded } from '../../../kit/loaded'
import { Body, Empty, Muted, Note, PageHead, useTitle } from '../../../kit/page'
import { Name, Table } from '../../../kit/table'
import { Time } from '../../../kit/time'
import { toast } from '../../../kit/toast'
import { OWNERS_ONLY, useOwner } from '../data'
import { Grants, InWords } from './grants'
import { type Grant, permissionsOf } from './permissions'

type Token = Shapes['TokenView']

/** Tokens for programs that use the API in this workspace. */
export function WorkspaceTokens() {
  const { ws } = getRouteApi('/w/$ws').useParams()
  const owner = useOwner(ws)
  const client = useQueryClient()
  const [making, setMaking] = useState(false)
  const [revoked, setRevoked] = useState<Token | null>(null)
  const queryKey = ['w', ws, 'tokens']
  const tokens = useQuery({
    queryKey,
    enabled: owner === true,
    queryFn: async () => (await read(api.GET('/tokens', { params: { header: inWorkspace(ws) } }))).tokens,
  })
  useTitle('Tokens', ws)
  const make = (
    <Button
      look="primary"
      disabled={owner === false}
      title={owner === false ? OWNERS_ONLY : undefined}
      onClick={() => setMaking(true)}
    >
      Create token
    </Button>
  )
  return (
    <>
      <PageHead title="Tokens" sub="For programs that use the API in this workspace.">
        {make}
      </PageHead>
      <Body>
        {owner === false ? (
          <Note tone="warn">Only an owner of the workspace can see and make its tokens.</Note>
        ) : (
          <Loaded query={tokens}>
            {(all) =>
              all.length === 0 ? (
                <Empty title="No tokens yet">
                  <p>
                    With a token a program does what people do on these pages: whatever a screen can do, the
                    API can. Its secret is shown once, when it is made.
                  </p>
                  <Code
                    label="A request with a token"
                    text={`curl ${location.origin}/api/sources \\\n  -H 'Authorization: Bearer TOKEN'`}
                  />
                </Empty>
              ) : (
                <Table
                  label="Tokens"
                  rows={all}
                  id={({ id }) => id}
                  columns={[
                    {
                      head: 'token',
                      cell: (token) => (
                        <Name below={token.hint}>
                          {token.description}{' '}
                          {token.orphaned && (
                            <Badge tone="warn" glyph="◑">
                              its maker is gone
                            </Badge>
                          )}
                        </Name>
                      ),
                    },
                    {
                      head: 'may',
                      cell: ({ permissions }) => <InWords ws={ws} permissions={permissions} />,
                    },
                    { head: 'made', cell: ({ createdAt }) => <Time at={createdAt} /> },
                    { head: 'last used', cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
                    {
                      head: 'ends',
                      cell: ({ expiresAt }) => <Time at={expiresAt} />,
                    },
                    {
                      head: '',
                      number: true,
                      cell: (token) => (
                        <Button small look="danger" onClick={() => setRevoked(token)}>
                          Revoke
                        </Button>
                      ),
                    },
                  ]}
                />
              )
            }
          </Loaded>
        )}
      </Body>
      {making && <Create ws={ws} onClose={() => setMaking(false)} />}
      <Confirm
        title="Revoke this token?"
        open={revoked !== null}
        onClose={() => setRevoked(null)}
        action="Revoke"
        typed={revoked?.description}
        run={async () => {
          await read(
            api.DELETE('/tokens/{tokenId}', {
              params: { path: { tokenId: revoked!.id }, header: inWorkspace(ws) },
            }),
          )
          await client.invalidateQueries({ queryKey })
          toast('The token is revoked')
        }}
      >
        <p>
          Every request with it is answered with 401 from now on. Last used: <Time at={revoked?.lastUsedAt} />
          .
        </p>
      </Confirm>
    </>
  )
}

const ENDS: [string, string][] = [
  ['', 'never'],
  ['7', 'in 7 days'],
  ['30', 'in 30 days'],
  ['90', 'in 90 days'],
  ['365', 'in a year'],
]

function Create({ ws, onClose }: { ws: string; onClose: () => void }) {
  const client = useQueryClient()
  const workspace = useQuery(workspaceQuery(ws)).data?.workspace
  const [description, setDescription] = useState('')
  const [ends, setEnds] = useState('90')
  const [grants, setGrants] = useState<Grant[]>([{ roleId: 'source_read_only', resources: [], labels: [] }])
  const [faults, setFaults] = useState<Fault[]>([])
  const [busy, setBusy] = useState(false)
  const [secret, setSecret] = useState<string | null>(null)
  const at = faults.find(({ pointer }) => pointer === '/description')
  const send = async (event: React.FormEvent) => {
    event.preventDefault()
    if (!workspace || busy) return
    setBusy(true)
    setFaults([])
    try {
      const made = await read(
        api.POST('/tokens', {
          params: { header: inWorkspace(ws) },
          body: {
            description: description.trim(),
            permissions: permissionsOf(grants, workspace.id),
            expiresInDays: ends ? Number(ends) : null,
          },
        }),
      )
      setSecret(made.secret)
      await client.invalidateQueries({ queryKey: ['w', ws, 'tokens'] })
    } catch (error) {
      setFaults(failureFaults(error))
    } finally {
      setBusy(false)
    }
  }
  if (secret) {
    return (
      <Dialog title="Copy the token now" open onClose={onClose} wide>
        <Note tone="warn">This is the only time that it is shown. Whoever has it can do what it may do.</Note>
        <Code text={secret} label="The new token" />
        <Muted>
          Sent as <code>Authorization: Bearer …</code> to {location.origin}/api. It names this workspace by
          itself.
        </Muted>
        <Actions>
          <Button look="primary" onClick={onClose}>
            I have copied it
          </Button>
        </Actions>
      </Dialog>
    )
  }
  return (
    <Dialog title="Create a token" open onClose={onClose} wide>
      <form onSubmit={send} noValidate style={{ display: 'contents' }}>
        <Summary faults={faults.filter((fault) => fault !== at)} />
        <TextField
          label="What is it for?"
          autoFocus
          autoComplete="off"
          value={description}
          error={at && toldHere(at)}
          onChange={(event) => {
            setDescription(event.target.value)
            setFaults([])
          }}
        />
        <Select label="Ends" value={ends} onChange={(event) => setEnds(event.target.value)}>
          {ENDS.map(([days, words]) => (
            <option key={days} value={days}>
              {words}
            </option>
          ))}
        </Select>
        <Grants ws={ws} grants={grants} onChange={setGrants} />
        <Actions>
          <Button type="submit" look="primary" busy={busy}>
            Create token
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </Actions>
      </form>
    </Dialog>
  )
}
