import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, read, type Shapes } from '../../api/client'
import { accountQuery } from '../../api/queries'
import { Badge } from '../../kit/badge'
import { Button } from '../../kit/button'
import { Confirm } from '../../kit/dialog'
import { Search } from '../../kit/fields'
import { plural } from '../../kit/figures'
import { Problem, Skeleton } from '../../kit/loaded'
import { Body, Empty, Muted, Note, PageHead, Toolbar, useTitle } from '../../kit/page'
import { More, Name, Table } from '../../kit/table'
import { Time } from '../../kit/time'
import { toast } from '../../kit/toast'
import { useProof } from '../../shell/proof'
import { accountsQuery } from './queries'
import { useSearchText } from './use-search-text'

type Account = Shapes['AccountView']

/** Accounts and operators. */
export function Accounts() {
  useTitle('Accounts')
  const { q } = getRouteApi('/platform/accounts').useSearch()
  const navigate = useNavigate()
  const client = useQueryClient()
  const proved = useProof()
  const me = useQuery(accountQuery).data
  const [changing, setChanging] = useState<Account>()
  const list = useInfiniteQuery(accountsQuery(q ?? ''))
  const [text, setText] = useSearchText(q, (value) =>
    navigate({ to: '/platform/accounts', search: { q: value }, replace: true }),
  )
  const accounts = list.data?.pages.flatMap((page) => page.accounts)
  const total = list.data?.pages[0]?.pagination.totalEntries ?? 0
  const own = changing?.id === me?.id
  return (
    <>
      <PageHead
        title="Accounts"
        sub="Everybody who has signed up. Operators decide on applications, review, and see this area."
      />
      <Body>
        <Toolbar>
          <Search label="Search accounts" placeholder="Name or address…" value={text} onChange={setText} />
          <Muted>{plural(total, 'account')}</Muted>
        </Toolbar>
        {!accounts ? (
          list.error ? (
            <Problem error={list.error} retry={() => void list.refetch()} />
          ) : (
            <Skeleton rows={5} />
          )
        ) : accounts.length === 0 ? (
          <Empty title={`Nobody is called ${q}`}>
            <p>Part of the name or of the address is looked for.</p>
          </Empty>
        ) : (
          <>
            <Table
              label="Accounts"
              rows={accounts}
              id={(row) => row.id}
              columns={[
                {
                  head: 'account',
                  cell: ({ name, email, id }) => (
                    <Name below={email}>
                      {name || email} {id === me?.id && <Muted>(you)</Muted>}
                    </Name>
                  ),
                },
                {
                  head: 'address',
                  cell: ({ emailVerified }) =>
                    emailVerified ? (
                      <Badge tone="ok" glyph="✓">
                        verified
                      </Badge>
                    ) : (
                      <Badge tone="warn" glyph="!">
                        not verified
                      </Badge>
                    ),
                },
                { head: 'second factor', cell: ({ secondFactor }) => (secondFactor ? 'on' : 'off') },
                { head: 'since', cell: ({ createdAt }) => <Time at={createdAt} date /> },
                {
                  head: 'operator',
                  cell: ({ operator }) =>
                    operator ? (
                      <Badge tone="accent" glyph="●">
                        operator
                      </Badge>
                    ) : (
                      '–'
                    ),
                },
                {
                  head: '',
                  cell: (row) =>
                    row.operator || row.emailVerified ? (
                      <Button small onClick={() => setChanging(row)}>
                        {row.operator ? 'Unmake operator…' : 'Make operator…'}
                      </Button>
                    ) : (
                      <Muted>verifies the address first</Muted>
                    ),
                },
              ]}
            />
            <More
              there={list.hasNextPage}
              busy={list.isFetchingNextPage}
              load={() => void list.fetchNextPage()}
            />
          </>
        )}
      </Body>
      <Confirm
        title={
          changing?.operator
            ? `Take operations from ${changing.email}?`
            : `Make ${changing?.email} an operator?`
        }
        open={!!changing}
        onClose={() => setChanging(undefined)}
        action={changing?.operator ? 'Unmake operator' : 'Make operator'}
        run={async () => {
          if (!changing) return
          await proved(() =>
            read(
              api.PATCH('/operator/accounts/{accountId}', {
                params: { path: { accountId: changing.id } },
                body: { operator: !changing.operator },
              }),
            ),
          )
          await client.invalidateQueries({ queryKey: ['operator', 'accounts'] })
          await client.invalidateQueries({ queryKey: ['account'] })
          toast(
            changing.operator
              ? `${changing.email} is no operator any more`
              : `${changing.email} is an operator now`,
          )
        }}
      >
        {changing?.operator ? (
          <>
            <p>They see nothing of this area from the next request on. Their workspaces stay theirs.</p>
            {own && <Note tone="warn">That is you: you will be led out of this area.</Note>}
          </>
        ) : (
          <p>
            They decide on applications and reviews, read mails that were not sent, and make other operators.
          </p>
        )}
      </Confirm>
    </>
  )
}
