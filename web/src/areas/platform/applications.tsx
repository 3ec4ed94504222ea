import { useQuery } from '@tanstack/react-query'
import { api, read } from '../../api/client'
import { Badge } from '../../kit/badge'
import { Loaded } from '../../kit/loaded'
import { Body, Empty, PageHead, useTitle } from '../../kit/page'
import { Name, Table } from '../../kit/table'
import { Time } from '../../kit/time'

/** The queue of applications to the partner programme. */
export function Applications() {
  useTitle('Applications')
  const list = useQuery({
    queryKey: ['operator', 'applications'],
    queryFn: async () => await read(api.GET('/operator/applications')),
  })
  return (
    <>
      <PageHead title="Applications" sub="Companies that want to build a source." />
      <Body>
        <Loaded query={list}>
          {({ applications }) =>
            applications.length === 0 ? (
              <Empty title="No applications">
                <p>Companies apply on the partner page. Each application waits here until it is decided.</p>
              </Empty>
            ) : (
              <Table
                label="Applications"
                rows={applications}
                id={(row) => row.id}
                columns={[
                  {
                    head: 'company',
                    cell: (row) => <Name below={row.answers.companyWebsite}>{row.answers.companyName}</Name>,
                  },
                  { head: 'status', cell: (row) => <Badge>{row.statusLabel}</Badge> },
                  { head: 'sent', cell: (row) => <Time at={row.submittedAt} /> },
                ]}
              />
            )
          }
        </Loaded>
      </Body>
    </>
  )
}
