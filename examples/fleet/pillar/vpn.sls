winras:
  credentials:
    Work VPN:                        # the entry
      user: ann
      domain: CORP
      password: sdb://secrets/work   # where the minion finds it

beacons:
  winras:
    - entries: [Work VPN]
    - kinds: [connected, disconnected, service_lost, service_back]
