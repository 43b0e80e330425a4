import { testModule } from '@mirage/module-sdk/harness.ts'
import { module } from './module.ts'

testModule(module, import.meta.dirname, {
  cases: [
    {
      name: 'yields open ports, and the products that greet',
      given: '198.18.0.10',
      tcp: {
        '198.18.0.10': { 22: 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', 443: '', 25: '220 mx Microsoft ESMTP MAIL\r\n' },
      },
      expect: [
        '-port-> open-port:198.18.0.10:22/tcp {"protocol":"ssh","banner":"SSH-2.0-OpenSSH_9.2p1 Debian-2"}',
        'open-port:198.18.0.10:22/tcp -product_used-> service:198.18.0.10:22/tcp ssh openssh {"version":"9.2p1"}',
        'service:198.18.0.10:22/tcp ssh openssh -product_used-> technology:openssh {"version":"9.2p1"}',
        '-port-> open-port:198.18.0.10:25/tcp {"protocol":"smtp","banner":"220 mx Microsoft ESMTP MAIL"}',
        '-port-> open-port:198.18.0.10:443/tcp',
      ],
    },
    {
      name: 'tries the ports that are set, each once',
      given: '2001:db8::10',
      settings: { ports: [9999, 9999, 22] },
      tcp: { '2001:db8::10': { 9999: '', 80: '' } },
      expect: ['-port-> open-port:[2001:db8::10]:9999/tcp'],
    },
    { name: 'finds nothing open', given: '198.18.0.11', tcp: { '198.18.0.11': {} }, expect: [] },
    {
      name: 'refuses ports that are none',
      given: '198.18.0.11',
      settings: { ports: [0] },
      outcome: 'skipped',
      expect: [],
    },
  ],
})
