hosts after=files containers
